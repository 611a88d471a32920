/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses a message of the kernel log in the form that kmsg_dump_get_line() gives it:
 * with a prefix before each line of its text. Builds in the kernel and in user space.
 */
#ifndef IVRING_KLINE_H
#define IVRING_KLINE_H

#include "../ivring_abi.h"
#include "port.h"

/**
 * struct ivring_kline - a message without its prefixes
 * @time_us: the kernel's stamp, or IVRING_KLOG_NO_TIME
 * @priority: facility * 8 + level
 * @text: the first character of the text
 * @bytes: length of @text
 */
struct ivring_kline {
	u64 time_us;
	u16 priority;
	const char *text;
	u32 bytes;
};

/**
 * ivring_kline_parse() - remove the prefixes from a message, in place
 * @buf: "<PRI>[SEC.USEC] text\n" for each line; without the stamp if the
 *	kernel does not stamp its log
 * @bytes: length of @buf
 * @has_caller: whether the kernel puts the caller behind the stamp; it stays in
 *	the first line's text
 * @line: result; points into @buf
 *
 * If the kernel does not stamp its log, a text that begins like a stamp is taken for
 * one, because the two cannot be distinguished.
 *
 * Return: false if the message does not begin with "<PRI>".
 */
bool ivring_kline_parse(char *buf, size_t bytes, bool has_caller, struct ivring_kline *line);

#endif /* IVRING_KLINE_H */
