/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer of the metadata area: texts that describe kernel events, and the kernel's
 * symbols, each with the time from which it holds. Builds in the kernel and in user space.
 */
#ifndef IVRING_META_H
#define IVRING_META_H

#include "region.h"

/**
 * struct ivring_meta_text - one text, in private memory
 * @next: the next text in its list
 * @bytes: length of @text
 * @id: the number in its line "ID:"; set by ivring_meta_parse()
 * @text: "system: NAME\n", then the contents of the event's tracefs format file; no
 *	zero byte ends it. Symbols have the same three lines, and then any bytes
 */
struct ivring_meta_text {
	struct ivring_meta_text *next;
	u32 bytes;
	u16 id;
	char text[];
};

/**
 * struct ivring_meta_area - private state of the area's writer
 * @part: the part of this epoch, in the shared region; only written
 * @part_bytes: size of @part
 * @used: bytes published, the head included
 * @last_ts: timestamp of the last entry
 * @refused: how many texts found no room
 * @nr_texts: length of @texts
 * @texts: the last text of each id, the newest first
 */
struct ivring_meta_area {
	struct ivring_meta *part;
	u64 part_bytes;
	u64 used;
	u64 last_ts;
	u32 refused;
	u32 nr_texts;
	struct ivring_meta_text *texts;
};

/**
 * ivring_meta_parse() - check a text's first three lines and take its id
 * @text: with @bytes of text
 *
 * These lines have to be "system: NAME", "name: NAME" and "ID: N". With an N from 1 to
 * IVRING_ID_KERNEL_MAX, the text must end with a newline, and have no zero byte. Any other
 * N is one of symbols: IVRING_META_ID_SYMBOLS to IVRING_META_ID_LAST.
 *
 * Return: 0, or -EINVAL.
 */
int ivring_meta_parse(struct ivring_meta_text *text);

/**
 * ivring_meta_start() - start to use the part that ivring_region_attach() has emptied
 * @area: the area; its texts, if there are any, are published again
 * @base: the mapped region
 * @geo: where the area's parts lie
 * @epoch: selects the part
 * @timestamp: clock ticks from which on texts published again hold
 */
void ivring_meta_start(struct ivring_meta_area *area, void *base,
		       const struct ivring_geometry *geo, u32 epoch, u64 timestamp);

/**
 * ivring_meta_publish() - append a text, unless its id's last one is the same
 * @area: the area; one caller at a time
 * @text: a parsed text; gets the list of texts that @area does not keep, which are this
 *	one, the one before it of the same id, or both, for the caller to free; or NULL
 * @timestamp: clock ticks from which on it holds
 *
 * If there is no room for it, the text that held for its id is withdrawn, because a
 * reader must not interpret new records by it. For symbols there is no room if less than
 * a quarter of the part were left.
 *
 * Return: 0, or -ENOSPC, which is counted.
 */
int ivring_meta_publish(struct ivring_meta_area *area, struct ivring_meta_text **text,
			u64 timestamp);

/** ivring_meta_take() - take all texts out of @area, a list for the caller to free; or NULL */
struct ivring_meta_text *ivring_meta_take(struct ivring_meta_area *area);

#endif /* IVRING_META_H */
