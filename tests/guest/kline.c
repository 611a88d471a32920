// SPDX-License-Identifier: MIT
/*
 * Tests ivring_kline_parse() with messages in the form that the kernel's
 * record_print_text() gives them, made here in the same way, and with any bytes at all.
 */
#include "check.h"
#include "core/kline.h"

#define TEXT_MOST	1024
#define LINE_MOST	(TEXT_MOST * 48)

static u64 parsed, refused, seed = 88172645463325252ull;

/* Parses in memory of exactly @bytes, so that the sanitizer finds any access beyond. */
static bool parse(const char *from, size_t bytes, bool has_caller, struct ivring_kline *line,
		  char **owner)
{
	*owner = malloc(bytes ? bytes : 1);
	memcpy(*owner, from, bytes);
	return ivring_kline_parse(*owner, bytes, has_caller, line);
}

static void check_one(const char *from, bool has_caller, u16 priority, u64 time_us,
		      const char *text)
{
	struct ivring_kline line;
	char *owner;

	CHECK(parse(from, strlen(from), has_caller, &line, &owner), "%s", from);
	CHECK(line.priority == priority && line.time_us == time_us, "%s", from);
	CHECK(line.bytes == strlen(text) && !memcmp(line.text, text, line.bytes), "%s gave %.*s",
	      from, (int)line.bytes, line.text);
	free(owner);
	parsed++;
}

static void check_refused(const char *from)
{
	struct ivring_kline line;
	char *owner;

	CHECK(!parse(from, strlen(from), false, &line, &owner), "%s", from);
	free(owner);
	refused++;
}

static void test_known(void)
{
	const u64 none = IVRING_KLOG_NO_TIME;

	check_one("<6>[    0.000000] hello\n", false, 6, 0, "hello");
	check_one("<191>[12345678.123456] x\n", false, 191, 12345678123456ull, "x");
	check_one("<4>[    1.000002] \n", false, 4, 1000002, "");
	check_one("<4>[    1.000002] a\n<4>[    1.000002] \n<4>[    1.000002] b\n", false, 4,
		  1000002, "a\n\nb");
	check_one("<4>[    1.000002] a\n<4>[    1.000002] \n", false, 4, 1000002, "a\n");
	/* A part of the text that looks like a prefix. */
	check_one("<4>[    1.000002] <4>[    1.000002] a\n", false, 4, 1000002,
		  "<4>[    1.000002] a");
	check_one("<4>[    1.000002] a\n<4>[    1.000002] <4>[    1.000002] b\n", false, 4, 1000002,
		  "a\n<4>[    1.000002] b");
	/* A prefix that differs from the first, which the kernel never gives. */
	check_one("<4>[    1.000002] a\n<5>[    1.000002] b\n", false, 4, 1000002,
		  "a\n<5>[    1.000002] b");
	/* Without stamps. */
	check_one("<13>plain\n<13>lines\n", false, 13, none, "plain\nlines");
	check_one("<13>[ 1.00000] five digits\n", false, 13, none, "[ 1.00000] five digits");
	check_one("<13>[x\n", false, 13, none, "[x");
	check_one("<0>\n", false, 0, none, "");
	check_one("<0>", false, 0, none, "");
	/* With the caller, which stays in the first line only. */
	check_one("<6>[    0.000000][    T0] hello\n", true, 6, 0, "[    T0] hello");
	check_one("<6>[    0.000000][    C1] a\n<6>[    0.000000][    C1] b\n", true, 6, 0,
		  "[    C1] a\nb");
	check_one("<6>[    T7] no stamp\n", true, 6, none, "[    T7] no stamp");
	check_refused("");
	check_refused("6>x\n");
	check_refused("<>x\n");
	check_refused("<6x\n");
	check_refused("<65536>x\n");
	check_refused("<99999999999999999999>x\n");
}

/* Does what kernel/printk/printk.c does: a prefix before each line, a newline at the end. */
static size_t print_text(char *to, const char *prefix, const char *text, size_t bytes)
{
	size_t at = 0, begin = 0;

	for (size_t i = 0; i <= bytes; i++) {
		if (i < bytes && text[i] != '\n')
			continue;
		at += (size_t)sprintf(to + at, "%s", prefix);
		memcpy(to + at, text + begin, i - begin);
		at += i - begin;
		to[at++] = '\n';
		begin = i + 1;
	}
	return at;
}

static void test_made(void)
{
	static const char some[] = "\n\n\n[]<>. 0123456789abc\xff\x01";
	static char text[TEXT_MOST], whole[LINE_MOST];
	char prefix[64], *owner;
	struct ivring_kline line;

	for (int i = 0; i < 20000; i++) {
		u64 us = check_random(&seed) >> check_random(&seed) % 60 % 1000000000000000ull;
		size_t bytes = check_random(&seed) % (i % 50 ? 200 : sizeof(text));
		unsigned int priority = (unsigned int)check_random(&seed) % 192;

		us %= 10000000000000000ull;
		for (size_t k = 0; k < bytes; k++)
			text[k] = i % 100 == 7 ? '\n' : some[check_random(&seed) % (sizeof(some) - 1)];
		sprintf(prefix, "<%u>[%5llu.%06llu] ", priority, (unsigned long long)us / 1000000,
			(unsigned long long)us % 1000000);
		CHECK(parse(whole, print_text(whole, prefix, text, bytes), false, &line, &owner));
		CHECK(line.priority == priority && line.time_us == us);
		CHECK(line.bytes == bytes && !memcmp(line.text, text, bytes));
		free(owner);
		parsed++;
	}
}

/* With any bytes at all, the parser stays within them, and so does its result. */
static void test_any(void)
{
	static const char some[] = "<<<>>[[]]  ..\n\n0123456789T";
	char from[80], *owner;
	struct ivring_kline line;

	for (int i = 0; i < 300000; i++) {
		size_t bytes = check_random(&seed) % sizeof(from);

		for (size_t k = 0; k < bytes; k++)
			from[k] = some[check_random(&seed) % (sizeof(some) - 1)];
		if (bytes > 3 && i % 3)
			memcpy(from, "<4>", 3);
		if (parse(from, bytes, i % 2, &line, &owner)) {
			CHECK(line.text >= owner && line.text + line.bytes <= owner + bytes);
			parsed++;
		} else {
			refused++;
		}
		free(owner);
	}
}

int main(void)
{
	test_known();
	test_made();
	test_any();
	printf("parsed %llu\nrefused %llu\n", (unsigned long long)parsed,
	       (unsigned long long)refused);
	return 0;
}
