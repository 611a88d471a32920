/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message of the kernel log, as kmsg_dump_get_line() gives it: a prefix
 * before each line of its text. Builds in the kernel and in user space.
 */
#ifndef IVRING_KLINE_H
#define IVRING_KLINE_H

#include "../ivring_abi.h"
#include "port.h"

/**
 * struct ivring_kline - a message without its prefixes
 * @time_us: the kernel's stamp, or IVRING_KLOG_NO_TIME
 * @priority: facility * 8 + level
 * @text: the first character
 * @bytes: of @text
 */
struct ivring_kline {
	u64 time_us;
	u16 priority;
	const char *text;
	u32 bytes;
};

/**
 * ivring_kline_parse() - take the prefixes off, in place
 * @buf: "<PRI>[SEC.USEC] text\n" for each line; without the stamp where the
 *	kernel does not stamp its log
 * @bytes: of @buf
 * @has_caller: the kernel puts the caller behind the stamp; it stays in the
 *	first line's text
 * @line: result; points into @buf
 *
 * Where there are no stamps, a text that begins like one is taken for it: the
 * two cannot be told apart.
 *
 * Return: false if it does not begin with "<PRI>".
 */
bool ivring_kline_parse(char *buf, size_t bytes, bool has_caller, struct ivring_kline *line);

#endif /* IVRING_KLINE_H */
