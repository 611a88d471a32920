// SPDX-License-Identifier: GPL-2.0-only
/* Removes the kernel's prefixes from a message of its log. */
#include "kline.h"

#define PRIORITY_MAX	0xffffu
#define SECONDS_MAX	100000000000ULL

/* Parses the digits at *@at, and moves *@at behind them; false if none, or too large. */
static bool number(const char *buf, size_t bytes, size_t *at, u64 most, u64 *value)
{
	const size_t begin = *at;

	for (*value = 0; *at < bytes && buf[*at] >= '0' && buf[*at] <= '9'; ++*at) {
		*value = *value * 10 + (u64)(buf[*at] - '0');
		if (*value > most)
			return false;
	}
	return *at > begin;
}

static bool literal(const char *buf, size_t bytes, size_t *at, char c)
{
	if (*at >= bytes || buf[*at] != c)
		return false;
	++*at;
	return true;
}

/* Parses "<PRI>"; returns its length, or 0 if it is not there. */
static size_t priority_bytes(const char *buf, size_t bytes, u16 *priority)
{
	size_t at = 0;
	u64 value;

	if (!literal(buf, bytes, &at, '<') || !number(buf, bytes, &at, PRIORITY_MAX, &value) ||
	    !literal(buf, bytes, &at, '>'))
		return 0;
	*priority = (u16)value;
	return at;
}

/* Parses "[   SEC.USEC]"; returns its length, or 0 if it is not there. */
static size_t stamp_bytes(const char *buf, size_t bytes, u64 *time_us)
{
	u64 seconds, micros;
	size_t at = 0, dot;

	if (!literal(buf, bytes, &at, '['))
		return 0;
	while (literal(buf, bytes, &at, ' '))
		;
	if (!number(buf, bytes, &at, SECONDS_MAX, &seconds) || !literal(buf, bytes, &at, '.'))
		return 0;
	dot = at;
	if (!number(buf, bytes, &at, 999999, &micros) || at - dot != 6 ||
	    !literal(buf, bytes, &at, ']'))
		return 0;
	*time_us = seconds * 1000000 + micros;
	return at;
}

/* Parses "[CALLER]"; returns its length, or 0 if it is not there. */
static size_t caller_bytes(const char *buf, size_t bytes)
{
	const char *end = bytes && *buf == '[' ? memchr(buf, ']', bytes) : NULL;

	return end ? (size_t)(end - buf) + 1 : 0;
}

/*
 * Moves each further line over its prefix, if that is the same as the first one, which has
 * @prefix_bytes at @buf. Returns how many bytes are left behind the first prefix.
 */
static size_t close_up(char *buf, size_t bytes, size_t prefix_bytes)
{
	size_t from = prefix_bytes, to = prefix_bytes, line;
	const char *end;

	for (;;) {
		end = memchr(buf + from, '\n', bytes - from);
		line = end ? (size_t)(end - buf) - from + 1 : bytes - from;
		memmove(buf + to, buf + from, line);
		from += line;
		to += line;
		if (!end || from == bytes)
			return to - prefix_bytes;
		if (bytes - from >= prefix_bytes && !memcmp(buf + from, buf, prefix_bytes))
			from += prefix_bytes;
	}
}

bool ivring_kline_parse(char *buf, size_t bytes, bool has_caller, struct ivring_kline *line)
{
	size_t prefix = priority_bytes(buf, bytes, &line->priority), stamp, caller, text;

	if (!prefix)
		return false;
	line->time_us = IVRING_KLOG_NO_TIME;
	stamp = stamp_bytes(buf + prefix, bytes - prefix, &line->time_us);
	prefix += stamp;
	text = prefix;
	caller = has_caller ? caller_bytes(buf + prefix, bytes - prefix) : 0;
	prefix += caller;
	if ((stamp || caller) && literal(buf, bytes, &prefix, ' ') && !caller)
		text = prefix;
	if (bytes > prefix && buf[bytes - 1] == '\n')
		bytes--;
	line->text = buf + text;
	line->bytes = (u32)(close_up(buf, bytes, prefix) + prefix - text);
	return true;
}
