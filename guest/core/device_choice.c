// SPDX-License-Identifier: GPL-2.0-only
/* Decides which devices the driver takes. */
#include "device_choice.h"

/* A PCI name, such as "0000:01:00.0". */
struct address {
	u32 domain;
	u32 bus;
	u32 slot;
	u32 function;
};

static u32 digit(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a') + 10 : 16;
}

/* Parses @least to @most hexadecimal digits at *@at, for a value up to @limit. */
static bool take_number(const char **at, u32 least, u32 most, u32 limit, u32 *value)
{
	u32 n;

	*value = 0;
	for (n = 0; n < most && digit(**at) < 16; n++)
		*value = *value << 4 | digit(*(*at)++);
	return n >= least && *value <= limit;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* Parses a full PCI name; on failure *@at is somewhere in it. */
static bool take_address(const char **at, struct address *a)
{
	return take_number(at, 4, 8, ~0u, &a->domain) && take_char(at, ':') &&
	       take_number(at, 2, 2, 0xff, &a->bus) && take_char(at, ':') &&
	       take_number(at, 2, 2, 0x1f, &a->slot) && take_char(at, '.') &&
	       take_number(at, 1, 1, 7, &a->function);
}

static bool ends(char c)
{
	return c == '\0' || c == ',';
}

const char *ivring_choice_wrong(const char *devices, u32 *bytes)
{
	const char *at = devices, *begin;
	struct address a;

	if (!*devices)
		return NULL;
	do {
		begin = at;
		if (take_address(&at, &a) && ends(*at))
			continue;
		for (at = begin; !ends(*at); at++)
			;
		*bytes = (u32)(at - begin);
		return begin;
	} while (*at++);
	return NULL;
}

static bool names(const char *devices, const char *name)
{
	struct address want, a;

	if (!take_address(&name, &want))
		return false;
	while (take_address(&devices, &a)) {
		if (a.domain == want.domain && a.bus == want.bus && a.slot == want.slot &&
		    a.function == want.function)
			return true;
		if (!take_char(&devices, ','))
			break;
	}
	return false;
}

enum ivring_choice ivring_choose(const struct ivring_wish *wish, const char *name, bool encrypted)
{
	const bool named = names(wish->devices, name);

	if (*wish->devices && !named)
		return IVRING_CHOICE_OTHER;
	if (encrypted && !wish->confidential)
		return IVRING_CHOICE_CONFIDENTIAL;
	return named && wish->force ? IVRING_CHOICE_FORCE : IVRING_CHOICE_TAKE;
}
