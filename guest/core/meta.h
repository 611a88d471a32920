/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer of the metadata area: texts that describe kernel events, each
 * with the time from which it holds. Builds in the kernel and in user space.
 */
#ifndef IVRING_META_H
#define IVRING_META_H

#include "region.h"

/**
 * struct ivring_meta_text - one text, in private memory
 * @next: the next in its list
 * @bytes: of @text
 * @id: what its line "ID:" says; set by ivring_meta_parse()
 * @text: "system: NAME\n", then what the event's tracefs format file says; not
 *	terminated
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
 * @part_bytes: its size
 * @used: bytes published, the head included
 * @last_ts: timestamp of the last entry
 * @refused: texts that found no room
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
 * They have to be "system: NAME", "name: NAME" and "ID: N", N from 1 to
 * IVRING_ID_KERNEL_MAX; behind them come whole lines without a zero byte.
 *
 * Return: 0, or -EINVAL.
 */
int ivring_meta_parse(struct ivring_meta_text *text);

/**
 * ivring_meta_start() - begin with the part that ivring_region_attach() began
 * @area: its texts, if there are any, are published again
 * @base: the mapped region
 * @geo: where its parts lie
 * @epoch: which one to use
 * @timestamp: clock ticks: from when on texts published again hold
 */
void ivring_meta_start(struct ivring_meta_area *area, void *base,
		       const struct ivring_geometry *geo, u32 epoch, u64 timestamp);

/**
 * ivring_meta_publish() - append a text, unless its id's last one is the same
 * @area: one caller at a time
 * @text: parsed; gets the list of those that @area does not keep, this one or
 *	those it replaces, for the caller to free; or NULL
 * @timestamp: clock ticks: it holds from here on
 *
 * Where there is no room for it the text that held for its id is withdrawn: a
 * reader must not take records for what they are no longer.
 *
 * Return: 0, or -ENOSPC, which is counted.
 */
int ivring_meta_publish(struct ivring_meta_area *area, struct ivring_meta_text **text,
			u64 timestamp);

/** ivring_meta_take() - all texts out of @area, a list for the caller to free; or NULL */
struct ivring_meta_text *ivring_meta_take(struct ivring_meta_area *area);

#endif /* IVRING_META_H */
