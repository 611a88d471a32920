// SPDX-License-Identifier: MIT
// Stands in for `@std/assert` if only npm is reachable; see std_assert.d.ts.
// @ts-types="./std_assert.d.ts"
export * from "deno-std/assert/mod.js";
