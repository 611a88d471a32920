// SPDX-License-Identifier: MIT
/* Writes blocks as CTF packets: the header is made anew, the rest is copied. */
#include <unistd.h>
#include "reader.h"

#define BLOCK_HEADER	((u32)sizeof(struct ivring_block))

static void write_all(const u8 *bytes, u32 count)
{
	while (count) {
		ssize_t n = write(1, bytes, count);

		MUST(n > 0);
		bytes += n;
		count -= (u32)n;
	}
}

void seal(const struct source *s, struct batch *b)
{
	static u64 packets, time;

	for (u32 first = 0, next; first < b->count; first = next) {
		const u32 block = b->offsets[first] / s->geo.block_bytes;
		const struct ivring_record *h = (const void *)(b->bytes + b->offsets[first]);
		u8 *packet = b->bytes + b->offsets[first] - BLOCK_HEADER;
		u64 begin = max_t(u64, h->timestamp, time);
		u32 bytes = 0, whole;

		for (next = first; next < b->count; next++) {
			struct ivring_record *r = (void *)(b->bytes + b->offsets[next]);

			if (b->offsets[next] / s->geo.block_bytes != block)
				break;
			if (r->id != IVRING_ID_MESSAGE)
				r->id = IVRING_ID_OPAQUE;
			if (r->timestamp < time)
				r->timestamp = time;
			time = r->timestamp;
			bytes = (u32)((u8 *)(r + 1) - packet) + r->len;
		}
		whole = ALIGN(bytes, IVRING_RECORD_ALIGN);
		*(struct ivring_block *)packet = (struct ivring_block){
			.magic = IVRING_BLOCK_MAGIC, .stream_id = s->geo.kind,
			.packet_seq_num = packets++, .timestamp_begin = begin,
			.timestamp_end = time, .content_size = bytes * 8,
			.packet_size = whole * 8, .events_discarded = s->lost,
			.first_seq = b->first_seq + first, .cpu_id = s->geo.cpu,
			.epoch = s->header.epoch,
		};
		memset(packet + bytes, 0, whole - bytes);
		write_all(packet, whole);
	}
}
