// SPDX-License-Identifier: GPL-2.0-only
/*
 * Appends to the metadata area. Published texts are kept in private memory, too, because
 * shared memory is never read to decide anything, and because after a suspend the texts
 * are published again. PROTOCOL.md explains why.
 */
#include "meta.h"

#define HEAD_BYTES	((u64)sizeof(struct ivring_meta))
#define ENTRY_BYTES	((u64)sizeof(struct ivring_meta_entry))
/* The longest name that the kernel allows for an event. */
#define NAME_BYTES_MAX	64u
/* Symbols leave this share of the part to formats, without which records are unreadable. */
#define FORMATS_SHARE	4u
/* This text says that the one before it, of the same id, holds no longer. */
#define WITHDRAWN	"\n"

static u64 entry_bytes(u32 text_bytes)
{
	return ENTRY_BYTES + ALIGN((u64)text_bytes, (u64)IVRING_RECORD_ALIGN);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/*
 * Parses @label at *@at, then a value of 1 to @most bytes, then a newline, and moves *@at
 * behind them. Returns the value's length, or 0 if there is no such line.
 */
static u32 take_line(const struct ivring_meta_text *text, u32 *at, const char *label, u32 most)
{
	u32 label_bytes = (u32)strlen(label), start, bytes;

	if (text->bytes - *at <= label_bytes || memcmp(text->text + *at, label, label_bytes))
		return 0;
	start = *at + label_bytes;
	for (bytes = 0; start + bytes < text->bytes && bytes < most; bytes++)
		if (!is_name_char(text->text[start + bytes]))
			break;
	if (start + bytes >= text->bytes || text->text[start + bytes] != '\n')
		return 0;
	*at = start + bytes + 1;
	return bytes;
}

static bool is_symbols(u32 id)
{
	return id >= IVRING_META_ID_SYMBOLS && id <= IVRING_META_ID_LAST;
}

/* A format is text; what follows the first lines of symbols may be compressed. */
static bool is_text(const struct ivring_meta_text *text)
{
	return text->text[text->bytes - 1] == '\n' && !memchr(text->text, 0, text->bytes);
}

int ivring_meta_parse(struct ivring_meta_text *text)
{
	u32 at = 0, digits, id = 0, i;

	if (text->bytes == 0 || text->bytes > IVRING_META_TEXT_BYTES_MAX ||
	    !take_line(text, &at, "system: ", NAME_BYTES_MAX) ||
	    !take_line(text, &at, "name: ", NAME_BYTES_MAX))
		return -EINVAL;
	digits = take_line(text, &at, "ID: ", 5);
	for (i = 0; i < digits; i++) {
		char c = text->text[at - 1 - digits + i];

		if (c < '0' || c > '9')
			return -EINVAL;
		id = id * 10 + (u32)(c - '0');
	}
	if (!is_symbols(id) && (id == 0 || id > IVRING_ID_KERNEL_MAX || !is_text(text)))
		return -EINVAL;
	text->id = (u16)id;
	return 0;
}

static void append(struct ivring_meta_area *area, u16 id, const char *text, u32 bytes,
		   u64 timestamp)
{
	u8 *to = (u8 *)area->part + area->used;
	struct ivring_meta_entry e;

	/*
	 * Entries are in the order of their time: the last one of an id that is not newer
	 * than a record holds for it.
	 */
	area->last_ts = max_t(u64, area->last_ts, timestamp);
	memset(&e, 0, sizeof(e));
	e.timestamp = cpu_to_le64(area->last_ts);
	e.text_bytes = cpu_to_le32(bytes);
	e.checksum = cpu_to_le32(ivring_crc32(0, text, bytes));
	e.id = cpu_to_le16(id);
	e.kind = cpu_to_le16(IVRING_META_FORMAT);
	memcpy(to, &e, sizeof(e));
	memcpy(to + ENTRY_BYTES, text, bytes);
	memset(to + ENTRY_BYTES + bytes, 0, entry_bytes(bytes) - ENTRY_BYTES - bytes);
	area->used += entry_bytes(bytes);
	/*
	 * MO(append:A) pairs with MetadataPart.loadCommit:A. It drains the buffers of a
	 * write-combining mapping, which append:B does not do, so that the entry is visible
	 * before its commit.
	 */
	wmb();
	/*
	 * MO(append:B) pairs with MetadataPart.loadCommit:A. If that reads the commit stored
	 * here, the copy behind it reads the whole entry, or what a later start stored.
	 */
	virt_store_release(&area->part->commit, cpu_to_le64(area->used));
	/* MO(append:C) has no pair. It makes the commit itself leave the buffer. */
	wmb();
}

/* Unlinks the text that holds for @id, or returns NULL. */
static struct ivring_meta_text *take_id(struct ivring_meta_area *area, u16 id)
{
	struct ivring_meta_text **link, *text;

	for (link = &area->texts; *link; link = &(*link)->next) {
		if ((*link)->id != id)
			continue;
		text = *link;
		*link = text->next;
		area->nr_texts--;
		return text;
	}
	return NULL;
}

static void keep(struct ivring_meta_area *area, struct ivring_meta_text *text)
{
	text->next = area->texts;
	area->texts = text;
	area->nr_texts++;
}

/*
 * Finds out whether a text fits, with room left for the withdrawal of each text that holds,
 * and behind symbols for formats.
 */
static bool has_room(const struct ivring_meta_area *area, u16 id, u32 bytes)
{
	u64 kept = (u64)(area->nr_texts + 1) * entry_bytes(sizeof(WITHDRAWN) - 1);

	if (is_symbols(id))
		kept += area->part_bytes / FORMATS_SHARE;
	return area->used + entry_bytes(bytes) + kept <= area->part_bytes;
}

int ivring_meta_publish(struct ivring_meta_area *area, struct ivring_meta_text **text,
			u64 timestamp)
{
	struct ivring_meta_text *new = *text, *old = take_id(area, new->id);

	new->next = NULL;
	if (old)
		old->next = NULL;
	if (old && old->bytes == new->bytes && !memcmp(old->text, new->text, new->bytes)) {
		keep(area, old);
		return 0;
	}
	if (!has_room(area, new->id, new->bytes)) {
		area->refused++;
		WRITE_ONCE(area->part->refused, cpu_to_le32(area->refused));
		if (old)
			append(area, new->id, WITHDRAWN, sizeof(WITHDRAWN) - 1, timestamp);
		new->next = old;
		return -ENOSPC;
	}
	append(area, new->id, new->text, new->bytes, timestamp);
	keep(area, new);
	*text = old;
	return 0;
}

void ivring_meta_start(struct ivring_meta_area *area, void *base,
		       const struct ivring_geometry *geo, u32 epoch, u64 timestamp)
{
	struct ivring_meta_text *text;

	area->part_bytes = geo->meta_bytes / IVRING_META_PARTS;
	area->part = (void *)((u8 *)base + geo->meta_offset +
			      epoch % IVRING_META_PARTS * area->part_bytes);
	area->used = HEAD_BYTES;
	area->last_ts = 0;
	area->refused = 0;
	/* All of them fit, because they did fit into a part of this size before. */
	for (text = area->texts; text; text = text->next)
		append(area, text->id, text->text, text->bytes, timestamp);
}

struct ivring_meta_text *ivring_meta_take(struct ivring_meta_area *area)
{
	struct ivring_meta_text *all = area->texts;

	area->texts = NULL;
	area->nr_texts = 0;
	return all;
}
