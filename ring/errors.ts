// SPDX-License-Identifier: MIT
/**
 * Errors about shared regions. States that are expected while reading (empty,
 * overrun, formatted anew) are results, not errors.
 *
 * @module
 */

/** Reports that the memory does not hold an ivring region. */
export class RingFormatError extends Error {
  /** The name of this class. */
  override readonly name: string = "RingFormatError";
}

/** Reports that no header is written, not yet or not at this moment. */
export class RingUnformattedError extends RingFormatError {
  /** The name of this class. */
  override readonly name = "RingUnformattedError";

  /** Makes the message. */
  constructor() {
    super("no guest has formatted it yet");
  }
}

/** Reports that the region has a version or a feature that is not known. */
export class RingVersionError extends Error {
  /** The name of this class. */
  override readonly name = "RingVersionError";
}

/**
 * Reports a field of the region header, or of another part, that is invalid.
 */
export class RingCorruptError extends Error {
  /** The name of this class. */
  override readonly name = "RingCorruptError";
  /**
   * What is invalid. A field of the header has its name in camel case, such as
   * "regionBytes". Behind the number of a ring there is a field of that ring, or
   * its end: "ring 0 nrBlocks". "reserved[3]" is one of the reserved bytes. In
   * the format of a kernel event, it is a line or a field: "format line 2".
   */
  readonly field: string;
  /** The value that was found. */
  readonly value: number | bigint | string;
  /** What would have been right, in words or as a number. */
  readonly limit: number | bigint | string;

  /** Makes the message from the three. */
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
