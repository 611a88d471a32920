// SPDX-License-Identifier: GPL-2.0-only
/* Distinguishes our regions, and empty ones, from memory that belongs to others. */
#include "found.h"
#include "region.h"

/* After so many bytes other tasks may run, because a large region takes a while. */
#define BREATH_BYTES	(1024u * 1024u)

static u64 load(const void *base, u64 offset)
{
	return le64_to_cpu(READ_ONCE(*(const __le64 *)((const u8 *)base + offset)));
}

/*
 * Recognises a header that a driver of ABI 1.0 had begun to change: such a driver left
 * no mark, but the header still has its constant words.
 */
static bool is_unmarked_half(const void *base)
{
	struct ivring_region_header h;

	memcpy(&h, base, sizeof(h));
	/* MO(is_unmarked_half:A) has no pair. It is needed for the same reason as copy_header:A. */
	barrier();
	return le16_to_cpu(h.abi_major) == IVRING_ABI_MAJOR &&
	       le32_to_cpu(h.header_bytes) == sizeof(h) &&
	       le32_to_cpu(h.live_offset) == IVRING_LIVE_OFFSET &&
	       le32_to_cpu(h.host_offset) == IVRING_HOST_OFFSET &&
	       le32_to_cpu(h.ring_stride) == sizeof(struct ivring_ring_desc);
}

static bool is_ours(const void *base)
{
	const u64 magic = load(base, 0);

	if (magic == IVRING_MAGIC)
		return true;
	/*
	 * MO(is_ours:A) pairs with ivring_region_attach:A and ivring_region_attach:F. The driver
	 * that stored these words has ended, so that no barrier is needed here: of its stores
	 * the memory has those up to one of its barriers, and perhaps some behind it.
	 */
	return magic == 0 &&
	       (load(base, IVRING_MARK_OFFSET) == IVRING_MARK || is_unmarked_half(base));
}

/* Describes foreign data. @word was found at @offset; the host may have changed it since. */
static void describe(const u8 *base, u64 bytes, u64 offset, u64 word,
		     struct ivring_foreign *foreign)
{
	u32 i;

	for (; !(word & 0xff); word >>= 8)
		offset++;
	foreign->offset = offset;
	foreign->nr = (u32)min_t(u64, IVRING_FOREIGN_BYTES, bytes - offset);
	for (i = 0; i < foreign->nr; i++) {
		const u8 c = READ_ONCE(base[offset + i]);

		foreign->bytes[i] = c;
		/* Quotes are replaced, too, because the text is put into quotes. */
		foreign->text[i] = c >= ' ' && c <= '~' && c != '"' ? (char)c : '.';
	}
	foreign->text[i] = '\0';
}

enum ivring_found ivring_region_find(const void *base, u64 bytes,
				     struct ivring_foreign *foreign)
{
	u64 offset, word;

	if (is_ours(base))
		return IVRING_FOUND_OURS;
	for (offset = 0; offset < bytes; offset += sizeof(u64)) {
		word = load(base, offset);
		if (word) {
			describe(base, bytes, offset, word, foreign);
			return IVRING_FOUND_FOREIGN;
		}
		if (offset % BREATH_BYTES == 0)
			ivring_breathe();
	}
	return IVRING_FOUND_ZEROS;
}
