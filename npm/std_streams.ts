// SPDX-License-Identifier: MIT
// `@std/streams` where only npm is reachable; see std_streams.d.ts.
// @ts-types="./std_streams.d.ts"
export * from "deno-std/streams/mod.js";
