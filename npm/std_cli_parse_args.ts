// SPDX-License-Identifier: MIT
// Stands in for `@std/cli/parse-args` if only npm is reachable; see
// std_cli_parse_args.d.ts.
// @ts-types="./std_cli_parse_args.d.ts"
export * from "deno-std/cli/parse_args.js";
