// SPDX-License-Identifier: MIT
/*
 * Prints what the letters behind %p ask for: addresses of networks and hardware, UUIDs,
 * bytes, bitmaps.
 */
#include <ctype.h>
#include <string.h>
#include "kernel_print.h"

#define HEX_BYTES_MAX	64
#define AF_INET		2
#define AF_INET6	10
#define FLOW_LABEL	0x0fffffffu
#define LINE_BYTES	160

/* A line of at most LINE_BYTES. */
struct line {
	char bytes[LINE_BYTES];
	struct kp_text text;
};

static struct kp_text *begin(struct line *line)
{
	line->text = (struct kp_text){ line->bytes, LINE_BYTES, 0 };
	return &line->text;
}

static void end(struct kp_text *into, struct line *line, const struct kp_spec *spec)
{
	kp_padded(into, line->bytes, line->text.length, spec);
}

static void put_hex(struct kp_text *into, unsigned long long value, int digits, _Bool small)
{
	kp_number(into, value, (struct kp_spec){ .base = 16, .width = digits, .zero = 1,
						 .small = small, .precision = -1 });
}

static void put_decimal(struct kp_text *into, unsigned long long value)
{
	kp_number(into, value, (struct kp_spec){ .base = 10, .width = -1, .precision = -1 });
}

static unsigned int pair(const unsigned char *at)
{
	return at[0] << 8 | at[1];
}

/* letter is 'I', or 'i' for leading zeros; order is one of "hlnb", or something else. */
static void put_ipv4(struct kp_text *into, const unsigned char *at, char letter, char order)
{
	_Bool reversed = order == 'h' || order == 'l';

	for (int i = 0; i < 4; i++) {
		kp_number(into, at[reversed ? 3 - i : i], (struct kp_spec){
			.base = 10, .precision = -1, .zero = 1,
			.width = letter == 'i' ? 3 : -1 });
		if (i < 3)
			kp_put(into, '.');
	}
}

static void put_ipv6(struct kp_text *into, const unsigned char *at, char letter)
{
	for (int i = 0; i < 8; i++) {
		put_hex(into, pair(at + 2 * i), 4, 1);
		if (letter == 'I' && i < 7)
			kp_put(into, ':');
	}
}

static _Bool ends_with_ipv4(const unsigned char *at)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	/* RFC 4291, 2.5.5.2, and RFC 5214, 6.1. */
	return memcmp(at, mapped, sizeof(mapped)) == 0 ||
	       ((at[8] | 2) == 2 && at[9] == 0 && at[10] == 0x5e && at[11] == 0xfe);
}

/* RFC 5952: the first longest run of at least two zero groups becomes "::". */
static void put_compressed(struct kp_text *into, const unsigned char *at)
{
	int groups = ends_with_ipv4(at) ? 6 : 8;
	int gap = -1, gap_length = 1;
	_Bool colon = 0;

	for (int i = 0; i < groups; i++) {
		int run = 0;

		while (i + run < groups && pair(at + 2 * (i + run)) == 0)
			run++;
		if (run > gap_length) {
			gap = i;
			gap_length = run;
		}
	}
	for (int i = 0; i < groups; i++) {
		if (i == gap) {
			kp_puts(into, "::");
			i += gap_length - 1;
			colon = 0;
			continue;
		}
		if (colon)
			kp_put(into, ':');
		put_hex(into, pair(at + 2 * i), -1, 1);
		colon = 1;
	}
	if (groups == 6) {
		if (colon)
			kp_put(into, ':');
		put_ipv4(into, at + 12, 'I', 0);
	}
}

static void put_socket6(struct kp_text *into, const unsigned char *at, const char *letters)
{
	_Bool port = 0, flow = 0, scope = 0, compressed = 0;
	uint32_t number;

	for (const char *l = letters + 2; isalpha((unsigned char)*l); l++) {
		port |= *l == 'p';
		flow |= *l == 'f';
		scope |= *l == 's';
		compressed |= *l == 'c';
	}
	if (port || flow || scope)
		kp_put(into, '[');
	if (letters[0] == 'I' && compressed)
		put_compressed(into, at + 8);
	else
		put_ipv6(into, at + 8, letters[0]);
	if (port || flow || scope)
		kp_put(into, ']');
	if (port) {
		kp_put(into, ':');
		put_decimal(into, pair(at + 2));
	}
	if (flow) {
		kp_put(into, '/');
		put_decimal(into, ((uint32_t)pair(at + 4) << 16 | pair(at + 6)) & FLOW_LABEL);
	}
	if (scope) {
		memcpy(&number, at + 24, sizeof(number));
		kp_put(into, '%');
		put_decimal(into, number);
	}
}

static void put_socket(struct kp_text *into, const unsigned char *at, const char *letters)
{
	uint16_t family;
	char order = 0;
	_Bool port = 0;

	memcpy(&family, at, sizeof(family));
	if (family == AF_INET6 && kp_readable(at, 28)) {
		put_socket6(into, at, letters);
	} else if (family == AF_INET && kp_readable(at, 16)) {
		for (const char *l = letters + 2; isalpha((unsigned char)*l); l++) {
			port |= *l == 'p';
			if (strchr("hlnb", *l))
				order = *l;
		}
		put_ipv4(into, at + 4, letters[0], order);
		if (port) {
			kp_put(into, ':');
			put_decimal(into, pair(at + 2));
		}
	} else {
		kp_puts(into, "(einval)");
	}
}

static void put_mac(struct kp_text *into, const unsigned char *at, const char *letters)
{
	for (int i = 0; i < 6; i++) {
		put_hex(into, at[letters[1] == 'R' ? 5 - i : i], 2, 1);
		if (letters[0] == 'M' && i < 5)
			kp_put(into, letters[1] == 'F' ? '-' : ':');
	}
}

static void put_uuid(struct kp_text *into, const unsigned char *at, char letter)
{
	static const int guid[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	_Bool little = letter == 'l' || letter == 'L';
	_Bool small = letter != 'L' && letter != 'B';

	for (int i = 0; i < 16; i++) {
		put_hex(into, at[little ? guid[i] : i], 2, small);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			kp_put(into, '-');
	}
}

static void put_bytes(struct kp_text *into, const unsigned char *at, int count, char letter)
{
	char separator = letter == 'C' ? ':' : letter == 'D' ? '-' : letter == 'N' ? 0 : ' ';

	for (int i = 0; i < count; i++) {
		put_hex(into, at[i], 2, 1);
		if (separator && i < count - 1)
			kp_put(into, separator);
	}
}

/* Groups of 32 bits, the highest first. */
static void put_bitmap(struct kp_text *into, const unsigned char *at, int bits)
{
	for (int first = (bits + 31) / 32 * 32 - 32; first >= 0; first -= 32) {
		int here = bits - first < 32 ? bits - first : 32;
		uint32_t group = 0;

		memcpy(&group, at + first / 8, (here + 7) / 8);
		if (here < 32)
			group &= (1u << here) - 1;
		put_hex(into, group, (here + 3) / 4, 1);
		if (first)
			kp_put(into, ',');
	}
}

static void put_bit_list(struct kp_text *into, const unsigned char *at, int bits)
{
	_Bool first = 1;

	for (int i = 0; i < bits; i++) {
		int start = i;

		if (!(at[i / 8] >> i % 8 & 1))
			continue;
		while (i + 1 < bits && at[(i + 1) / 8] >> (i + 1) % 8 & 1)
			i++;
		if (!first)
			kp_put(into, ',');
		first = 0;
		put_decimal(into, start);
		if (i > start) {
			kp_put(into, '-');
			put_decimal(into, i);
		}
	}
}

static void put_address(struct kp_text *into, unsigned long long value, struct kp_spec spec)
{
	spec.base = 16;
	spec.small = 1;
	if (spec.width < 0) {
		spec.width = 16;
		spec.zero = 1;
	}
	kp_number(into, value, spec);
}

/* Returns how many bytes a pointer's letters need; 0 if they print the address itself. */
static size_t bytes_needed(const char *letters, const struct kp_spec *spec)
{
	switch (letters[0]) {
	case 'M':
	case 'm':
		return 6;
	case 'U':
		return 16;
	case 'a':
		return 8;
	case 'I':
	case 'i':
		return letters[1] == '4' ? 4 : letters[1] == '6' ? 16 : 2;
	case 'h':
		return spec->width < 0 ? 1 : spec->width > HEX_BYTES_MAX ? HEX_BYTES_MAX :
		       (size_t)spec->width;
	case 'b':
		return spec->width < 0 ? 0 : ((size_t)spec->width + 7) / 8;
	default:
		return 0;
	}
}

void kp_pointer(struct kp_text *into, const char *letters, const void *at,
		struct kp_spec spec)
{
	size_t need = bytes_needed(letters, &spec);
	struct line line;
	uint64_t number;

	if (need && !kp_readable(at, need)) {
		kp_put(into, KP_ANYTHING);
		return;
	}
	switch (letters[0]) {
	case 'h':
		put_bytes(into, at, spec.width == 0 ? 0 : (int)need, letters[1]);
		return;
	case 'b':
		if (letters[1] == 'l')
			put_bit_list(into, at, spec.width < 0 ? 0 : spec.width);
		else
			put_bitmap(into, at, spec.width < 0 ? 0 : spec.width);
		return;
	case 'a':
		memcpy(&number, at, sizeof(number));
		kp_number(into, number, (struct kp_spec){ .base = 16, .small = 1, .width = 18,
							  .special = 1, .zero = 1,
							  .precision = -1 });
		return;
	case 'M':
	case 'm':
		put_mac(begin(&line), at, letters);
		break;
	case 'U':
		put_uuid(begin(&line), at, letters[1]);
		break;
	case 'I':
	case 'i':
		begin(&line);
		if (letters[1] == '4')
			put_ipv4(&line.text, at, letters[0], letters[2]);
		else if (letters[1] == '6' && letters[0] == 'I' && letters[2] == 'c')
			put_compressed(&line.text, at);
		else if (letters[1] == '6')
			put_ipv6(&line.text, at, letters[0]);
		else if (letters[1] == 'S')
			put_socket(&line.text, at, letters);
		else
			kp_puts(&line.text, "(%pI?)");
		break;
	case 'S':
	case 's':
	case 'F':
	case 'f':
	case 'B':
		/* The names are in the kernel, which prints an address without one so. */
		kp_record.events |= KP_SYMBOL;
		kp_puts(begin(&line), "0x");
		put_hex(&line.text, (uintptr_t)at, -1, 1);
		break;
	default:
		if (isalnum((unsigned char)letters[0]) && letters[0] != 'x' && letters[0] != 'K')
			kp_record.events |= KP_BAD_FORMAT;
		kp_record.events |= KP_RAW_ADDRESS;
		put_address(into, (uintptr_t)at, spec);
		return;
	}
	end(into, &line, &spec);
}
