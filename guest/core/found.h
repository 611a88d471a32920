/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds out to whom the memory belongs before anything is written to it: others use the
 * same device id, and their data must stay unchanged. Builds in the kernel and in user space.
 */
#ifndef IVRING_FOUND_H
#define IVRING_FOUND_H

#include "../ivring_abi.h"
#include "port.h"

/**
 * enum ivring_found - what a region holds
 * @IVRING_FOUND_ZEROS: nothing; every byte is zero
 * @IVRING_FOUND_OURS: a region of ours, of any version and geometry, whole or
 *	half formatted
 * @IVRING_FOUND_FOREIGN: something else
 */
enum ivring_found {
	IVRING_FOUND_ZEROS,
	IVRING_FOUND_OURS,
	IVRING_FOUND_FOREIGN,
};

#define IVRING_FOREIGN_BYTES	16u

/**
 * struct ivring_foreign - the beginning of foreign data
 * @offset: offset of the first byte that is not zero
 * @nr: how many bytes there are in @bytes
 * @bytes: the bytes from @offset on, copied once
 * @text: the same as characters, with "." for those that cannot be printed, and for quotes
 */
struct ivring_foreign {
	u64 offset;
	u32 nr;
	u8 bytes[IVRING_FOREIGN_BYTES];
	char text[IVRING_FOREIGN_BYTES + 1];
};

/**
 * ivring_region_find() - look at a region without writing to it; may sleep
 * @base: the mapped region
 * @bytes: size of all of it, at least IVRING_REGION_BYTES_MIN; the rings will
 *	overwrite everything, so foreign data may be anywhere in it
 * @foreign: result, if it is IVRING_FOUND_FOREIGN
 *
 * A region of ours is recognised by its first page, so that only empty memory is looked
 * at in full.
 *
 * Return: what the region holds.
 */
enum ivring_found ivring_region_find(const void *base, u64 bytes,
				     struct ivring_foreign *foreign);

#endif /* IVRING_FOUND_H */
