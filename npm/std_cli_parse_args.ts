// SPDX-License-Identifier: MIT
// `@std/cli/parse-args` where only npm is reachable; see
// std_cli_parse_args.d.ts.
// @ts-types="./std_cli_parse_args.d.ts"
export * from "deno-std/cli/parse_args.js";
