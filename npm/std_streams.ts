// SPDX-License-Identifier: MIT
// Stands in for `@std/streams` if only npm is reachable; see std_streams.d.ts.
// @ts-types="./std_streams.d.ts"
export * from "deno-std/streams/mod.js";
