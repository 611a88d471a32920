// SPDX-License-Identifier: MIT
/**
 * What can be wrong with a shared region. Expected states (empty, overrun, not
 * formatted yet) are results, not errors.
 *
 * @module
 */

/** The memory does not hold an ivring region. */
export class RingFormatError extends Error {
  /** The name of this class. */
  override readonly name: string = "RingFormatError";
}

/** No header is written, not yet or not at this moment: the magic is 0. */
export class RingUnformattedError extends RingFormatError {
  /** The name of this class. */
  override readonly name = "RingUnformattedError";

  /** Says so. */
  constructor() {
    super("no guest has formatted it yet");
  }
}

/** The region was written to a version or with a feature this reader lacks. */
export class RingVersionError extends Error {
  /** The name of this class. */
  override readonly name = "RingVersionError";
}

/** A field of the region header or of a ring's geometry is out of bounds. */
export class RingCorruptError extends Error {
  /** The name of this class. */
  override readonly name = "RingCorruptError";
  /** Name of the field, as in `guest/ivring_abi.h`. */
  readonly field: string;
  /** What the region says. */
  readonly value: number | bigint | string;
  /** What would have been right, in words or as a number. */
  readonly limit: number | bigint | string;

  /** Makes the message of the three. */
  constructor(
    field: string,
    value: number | bigint | string,
    limit: number | bigint | string,
  ) {
    super(`corrupt ring: ${field} is ${value}, expected ${limit}`);
    this.field = field;
    this.value = value;
    this.limit = limit;
  }
}
