// SPDX-License-Identifier: MIT
/* Prints text, text with a time, and JSON: the same bytes as ivring_reader. */
#include <time.h>
#include <unistd.h>
#include "reader.h"

#define CHUNK		(256u << 10)
#define NS_PER_S	1000000000ULL
/* The length of the longest line that a record can become. */
#define LINE_MOST	(6u * 65536 + 4096)

static u8 out[CHUNK + LINE_MOST];
static u32 filled;
/* The texts before, between and behind the values of a line of JSON. */
static const char *texts[5];
static u32 lengths[5];

void print_flush(void)
{
	for (u32 done = 0; done < filled;) {
		ssize_t n = write(1, out + done, filled - done);

		MUST(n > 0);
		done += (u32)n;
	}
	filled = 0;
}

void put(const void *bytes, size_t count)
{
	memcpy(out + filled, bytes, count);
	filled += (u32)count;
}

static void put_digits(u64 value, u32 digits)
{
	for (u32 i = digits; i--; value /= 10)
		out[filled + i] = (u8)('0' + value % 10);
	filled += digits;
}

static void put_number(u64 value)
{
	u32 digits = 1;

	for (u64 rest = value; rest >= 10; rest /= 10)
		digits++;
	put_digits(value, digits);
}

/* Writes "2026-01-31T12:34:56." and the nanoseconds. */
static void put_time(const struct source *s, u64 ticks, u32 digits)
{
	static char prefix[32];
	static u64 second = ~0ULL;
	u64 ns = s->header.utc_base_ns + (u64)((unsigned __int128)(ticks - s->header.clock_base) *
					       NS_PER_S / s->header.clock_hz);

	if (ns / NS_PER_S != second) {
		time_t t = (time_t)(second = ns / NS_PER_S);
		struct tm tm;

		strftime(prefix, sizeof(prefix), "%Y-%m-%dT%H:%M:%S.", gmtime_r(&t, &tm));
	}
	put(prefix, 20);
	ns %= NS_PER_S;
	put_digits(digits == 9 ? ns : ns / 1000, digits);
}

static void put_line(const u8 *payload, u32 len)
{
	put(payload, len);
	if (!len || payload[len - 1] != '\n')
		out[filled++] = '\n';
}

/* Writes lines, and copies the timestamp at @stamp in front of each further line. */
static void put_stamped(u32 stamp, const u8 *payload, u32 len)
{
	const u32 size = filled - stamp;
	const u8 *end;

	while ((end = memchr(payload, '\n', len)) && end + 1 < payload + len) {
		const u32 line = (u32)(end + 1 - payload);

		MUST(filled + size + len < sizeof(out));
		put(payload, line);
		put(out + stamp, size);
		payload += line;
		len -= line;
	}
	put_line(payload, len);
}

static u8 escapes[256];

static void put_json(const u8 *payload, u32 len)
{
	static const char hex[] = "0123456789abcdef";
	u8 *to = out + filled;

	for (u32 i = 0; i < len; i++) {
		u8 byte = payload[i], escape = escapes[byte];

		if (!escape) {
			*to++ = byte;
			continue;
		}
		*to++ = '\\';
		*to++ = escape;
		if (escape == 'u') {
			*to++ = '0';
			*to++ = '0';
			*to++ = (u8)hex[byte >> 4];
			*to++ = (u8)hex[byte & 15];
		}
	}
	filled = (u32)(to - out);
}

static void put_text(u32 i)
{
	put(texts[i], lengths[i]);
}

/* Prints the records of a batch; the compiler makes a loop for each kind. */
static __always_inline void each(const struct source *s, struct batch *b, char kind)
{
	for (u32 i = 0; i < b->count; i++) {
		const struct ivring_record *h = (const void *)(b->bytes + b->offsets[i]);
		const u8 *payload = (const u8 *)(h + 1);

		if (h->id != IVRING_ID_MESSAGE)
			continue;
		if (kind == 'j') {
			put_text(0);
			put_time(s, h->timestamp, 9);
			put_text(1);
			put_number(b->first_seq + i);
			put_text(2);
			put_number(h->timestamp);
			put_text(3);
			/* The newline at its end is not part of the message. */
			put_json(payload, h->len - (h->len && payload[h->len - 1] == '\n'));
			put_text(4);
		} else {
			const u32 stamp = filled;

			if (kind == 't') {
				put_time(s, h->timestamp, 6);
				put("Z ", 2);
				put_stamped(stamp, payload, h->len);
			} else {
				put_line(payload, h->len);
			}
		}
		if (filled >= CHUNK)
			print_flush();
	}
}

static void deliver_text(const struct source *s, struct batch *b)
{
	each(s, b, 'p');
}

static void deliver_time(const struct source *s, struct batch *b)
{
	each(s, b, 't');
}

static void deliver_json(const struct source *s, struct batch *b)
{
	each(s, b, 'j');
}

deliver_fn print_start(const char *format, char **given, int nr_given)
{
	if (!strcmp(format, "text"))
		return deliver_text;
	if (!strcmp(format, "time"))
		return deliver_time;
	if (!strcmp(format, "record"))
		return seal;
	MUST(!strcmp(format, "json") && nr_given == 5);
	for (int i = 0; i < 5; i++) {
		texts[i] = given[i];
		lengths[i] = (u32)strlen(given[i]);
	}
	for (u32 c = 0; c < 0x20; c++)
		escapes[c] = 'u';
	escapes[0x7f] = 'u';
	escapes['\b'] = 'b';
	escapes['\t'] = 't';
	escapes['\n'] = 'n';
	escapes['\f'] = 'f';
	escapes['\r'] = 'r';
	escapes['"'] = '"';
	escapes['\\'] = '\\';
	return deliver_json;
}
