// SPDX-License-Identifier: MIT
/* Checks which devices the driver takes, and which lists of devices are invalid. */
#include "check.h"
#include "core/device_choice.h"

static u64 checks;

static void check(char *devices, bool force, bool confidential, const char *name, bool encrypted,
		  enum ivring_choice want)
{
	const struct ivring_wish wish = { devices, force, confidential };
	const enum ivring_choice got = ivring_choose(&wish, name, encrypted);

	CHECK(got == want, "\"%s\" for %s: %d, not %d", devices, name, got, want);
	checks++;
}

static void check_name(char *devices, const char *name, bool chosen)
{
	check(devices, false, false, name, false,
	      chosen ? IVRING_CHOICE_TAKE : IVRING_CHOICE_OTHER);
	/* Only devices that are named are forced. */
	check(devices, true, false, name, false,
	      chosen ? IVRING_CHOICE_FORCE : IVRING_CHOICE_OTHER);
	/* Whether the memory is confidential is checked after this. */
	check(devices, true, false, name, true,
	      chosen ? IVRING_CHOICE_CONFIDENTIAL : IVRING_CHOICE_OTHER);
	check(devices, true, true, name, true,
	      chosen ? IVRING_CHOICE_FORCE : IVRING_CHOICE_OTHER);
}

static void test_choice(void)
{
	check_name("0000:01:00.0", "0000:01:00.0", true);
	check_name("0000:01:00.0", "0000:01:00.1", false);
	check_name("0000:01:00.0", "0000:01:01.0", false);
	check_name("0000:01:00.0", "0000:02:00.0", false);
	check_name("0000:01:00.0", "0001:01:00.0", false);
	check_name("0000:01:00.0", "10000:01:00.0", false);
	check_name("10000:e1:00.7", "10000:e1:00.7", true);
	check_name("0000:AB:1f.0", "0000:ab:1f.0", true);
	check_name("00000:01:00.0", "0000:01:00.0", true);
	check_name("0000:03:00.0,0000:01:00.0,0000:02:00.0", "0000:02:00.0", true);
	check_name("0000:03:00.0,0000:01:00.0,0000:02:00.0", "0000:04:00.0", false);
	check_name("0000:01:00.0,0000:01:00.0", "0000:01:00.0", true);
	check_name("0000:01:00.0", "not a PCI name", false);
	/* Without names all devices are taken, and none is forced. */
	check("", false, false, "0000:01:00.0", false, IVRING_CHOICE_TAKE);
	check("", true, false, "0000:01:00.0", false, IVRING_CHOICE_TAKE);
	check("", true, false, "0000:01:00.0", true, IVRING_CHOICE_CONFIDENTIAL);
	check("", false, true, "0000:01:00.0", true, IVRING_CHOICE_TAKE);
	check("", false, true, "0000:01:00.0", false, IVRING_CHOICE_TAKE);
}

static void check_wrong(const char *devices, const char *wrong)
{
	u32 bytes = ~0u;
	const char *got = ivring_choice_wrong(devices, &bytes);

	checks++;
	if (!wrong) {
		CHECK(!got, "\"%s\": \"%s\"", devices, got);
		return;
	}
	CHECK(got, "\"%s\" is taken", devices);
	CHECK(got >= devices && got + bytes <= devices + strlen(devices));
	CHECK(bytes == strlen(wrong) && !memcmp(got, wrong, bytes), "\"%s\": \"%.*s\", not \"%s\"",
	      devices, (int)bytes, got, wrong);
}

static void test_lists(void)
{
	static const char *const bad[] = {
		"01:00.0", "0000:01:00", "0000:01:00.", "0000:01:00.8", "0000:01:20.0",
		"000:01:00.0", "123456789:01:00.0", "0000:1:00.0", "0000:01:0.0",
		"0000:001:00.0", "0000:01:000.0", "0000:01:00.00", "0000:01:00.0x", "0000:01:00.0 ",
		" 0000:01:00.0", "0000-01:00.0", "0000:01:00.*", "*", "all", "0000:01:00.0;", "x",
		"0000:01:00.0\n", "0x00:01:00.0", "@000:01:00.0", "g000:01:00.0",
	};
	char text[100];

	check_wrong("", NULL);
	check_wrong("0000:01:00.0", NULL);
	check_wrong("ffffffff:ff:1f.7", NULL);
	check_wrong("0000:01:00.0,0000:02:00.0", NULL);
	check_wrong(",", "");
	check_wrong("0000:01:00.0,", "");
	check_wrong(",0000:01:00.0", "");
	check_wrong("0000:01:00.0,,0000:01:00.0", "");
	for (u32 i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		check_wrong(bad[i], bad[i]);
		snprintf(text, sizeof(text), "0000:01:00.0,%s", bad[i]);
		check_wrong(text, bad[i]);
		snprintf(text, sizeof(text), "%s,0000:01:00.0", bad[i]);
		check_wrong(text, bad[i]);
	}
}

/* With any text at all, ivring_choice_wrong() ends, and stays within the text. */
static void test_random(void)
{
	static const char letters[] = "0000112aF::::...,,,xz";
	u64 seed = 88172645463325252ull;

	for (u32 round = 0; round < 200000; round++) {
		const u32 bytes = (u32)(check_random(&seed) % 40);
		char *text = malloc(bytes + 1);
		struct ivring_wish wish = { text, true, true };
		const char *wrong;
		u32 length;

		for (u32 i = 0; i < bytes; i++)
			text[i] = letters[check_random(&seed) % (sizeof(letters) - 1)];
		text[bytes] = '\0';
		wrong = ivring_choice_wrong(text, &length);
		CHECK(!wrong || (wrong >= text && wrong + length <= text + bytes));
		ivring_choose(&wish, "0000:01:00.0", false);
		free(text);
		checks++;
	}
}

int main(void)
{
	test_choice();
	test_lists();
	test_random();
	printf("checks %llu\n", (unsigned long long)checks);
	return 0;
}
