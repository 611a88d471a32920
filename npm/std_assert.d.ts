// SPDX-License-Identifier: MIT
/**
 * The part of `@std/assert` 1.x that this project uses. The npm build has no
 * types. The declarations follow the official ones, so that a source passes the
 * type check alike under both import maps. Add a function here when a test
 * needs it.
 *
 * @module
 */

/** A class, as `assertInstanceOf` takes it. */
// deno-lint-ignore no-explicit-any
export type AnyConstructor = new (...args: any[]) => any;

/** An error class, which may be abstract. */
export type ErrorClass<E extends Error> =
  // deno-lint-ignore no-explicit-any
  abstract new (...args: any[]) => E;

/** Reports a failed assertion. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** Compares two values deeply. */
export function equal(a: unknown, b: unknown): boolean;
export function fail(message?: string): never;
export function unreachable(message?: string): never;
export function assert(expr: unknown, message?: string): asserts expr;
export function assertFalse(
  expr: unknown,
  message?: string,
): asserts expr is false | 0 | 0n | "" | null | undefined;
export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;
export function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T;
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void;
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;
export function assertExists<T>(
  actual: T,
  message?: string,
): asserts actual is NonNullable<T>;
export function assertGreater<T>(actual: T, low: T, message?: string): void;
export function assertGreaterOrEqual<T>(
  actual: T,
  low: T,
  message?: string,
): void;
export function assertLess<T>(actual: T, high: T, message?: string): void;
export function assertLessOrEqual<T>(
  actual: T,
  high: T,
  message?: string,
): void;
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void;
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void;
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void;
/** An `ArrayLike` that is not a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  message?: string,
): void;
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void;
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  message?: string,
): asserts actual is InstanceType<T>;
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  messageMatches?: string | RegExp,
  message?: string,
): asserts error is E;
export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): E;
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  message?: string,
): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
