// SPDX-License-Identifier: MIT
/*
 * Tests the writer of the metadata area: a walk of shared memory alone finds what it
 * appended, whatever was refused, replaced or published again.
 */
#include "fixture.h"
#include "core/meta.h"

#define IDS	40

static struct ivring_meta_area area;
static u64 now = 1000, published, same, refused, withdrawn;
/* The text that has to hold for each id now, by this test's own account; or NULL. */
static char *holds[IDS + 1];

static struct ivring_meta_text *make(const char *text, u32 bytes)
{
	/* Exactly as large as the text, so that a sanitizer finds a read behind it. */
	struct ivring_meta_text *t = malloc(sizeof(*t) + bytes);

	t->next = NULL;
	t->bytes = bytes;
	memcpy(t->text, text, bytes);
	return t;
}

static void free_all(struct ivring_meta_text *t)
{
	for (struct ivring_meta_text *next; t; t = next) {
		next = t->next;
		free(t);
	}
}

static int parse(const char *text, u32 bytes)
{
	struct ivring_meta_text *t = make(text, bytes);
	int ret = ivring_meta_parse(t), id = t->id;

	free(t);
	return ret ? ret : id;
}

#define PARSE(s)	parse(s, sizeof(s) - 1)

static void check_parse(void)
{
	static char big[IVRING_META_TEXT_BYTES_MAX + 2] = "system: a\nname: b\nID: 7\n";
	const char good[] = "system: 9p\nname: 9p_a\nID: 65279\nformat:\n\tfield\n";

	CHECK(PARSE("system: a\nname: b\nID: 1\n") == 1);
	CHECK(parse(good, sizeof(good) - 1) == 65279);
	for (u32 bytes = 0; bytes < sizeof(good) - 1; bytes++) {
		int ret = parse(good, bytes);

		CHECK(ret == (good[bytes ? bytes - 1 : 0] == '\n' && bytes > 31 ? 65279 : -EINVAL),
		      "%u bytes: %d", bytes, ret);
	}
	CHECK(PARSE("") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 0\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 65280\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 100000\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: -1\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 1a\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: \n") == -EINVAL);
	CHECK(PARSE("system: a b\nname: b\nID: 1\n") == -EINVAL);
	CHECK(PARSE("system: a/b\nname: b\nID: 1\n") == -EINVAL);
	CHECK(PARSE("system: \nname: b\nID: 1\n") == -EINVAL);
	CHECK(PARSE(" system: a\nname: b\nID: 1\n") == -EINVAL);
	CHECK(PARSE("name: b\nID: 1\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 1\nno end") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 1\nzero\0byte\n") == -EINVAL);
	CHECK(PARSE("system: "
		    "a23456789012345678901234567890123456789012345678901234567890abcd"
		    "\nname: b\nID: 1\n") == 1);
	CHECK(PARSE("system: "
		    "a23456789012345678901234567890123456789012345678901234567890abcde"
		    "\nname: b\nID: 1\n") == -EINVAL);
	memset(big + strlen(big), '\n', sizeof(big) - 1 - strlen(big));
	CHECK(parse(big, IVRING_META_TEXT_BYTES_MAX) == 7);
	CHECK(parse(big, IVRING_META_TEXT_BYTES_MAX + 1) == -EINVAL);
	/* Symbols may be any bytes behind these lines. */
	CHECK(PARSE("system: a\nname: b\nID: 65407\n") == -EINVAL);
	CHECK(PARSE("system: a\nname: b\nID: 65408\n") == IVRING_META_ID_SYMBOLS);
	CHECK(PARSE("system: a\nname: b\nID: 65535\n\x1f\0\x8b") == IVRING_META_ID_LAST);
	CHECK(PARSE("system: a\nname: b\nID: 65536\n") == -EINVAL);
	CHECK(PARSE("name: b\nID: 65408\n") == -EINVAL);
}

static struct ivring_meta *part(u32 epoch)
{
	return (void *)(region + geo.meta_offset + geo.meta_bytes / 2 * (epoch % 2));
}

/* Walks the part as a reader does, and compares with what has to hold. */
static u32 check_part(u32 epoch)
{
	const struct ivring_meta *head = part(epoch);
	const u8 *found[IDS + 1] = { 0 };
	u32 bytes_of[IDS + 1] = { 0 }, entries = 0;
	u64 at = sizeof(*head), last = 0;

	CHECK(head->epoch == epoch && head->commit <= geo.meta_bytes / 2);
	CHECK(head->refused == area.refused && head->commit == area.used);
	for (; at < head->commit; entries++) {
		const struct ivring_meta_entry *e = (void *)((u8 *)head + at);
		const u8 *text = (const u8 *)(e + 1);

		CHECK(at % 8 == 0 && head->commit - at >= sizeof(*e));
		CHECK(e->timestamp >= last && e->kind == IVRING_META_FORMAT);
		CHECK(e->id > 0 && e->id <= IDS && e->text_bytes > 0);
		CHECK(e->text_bytes <= head->commit - at - sizeof(*e));
		CHECK(e->checksum == ivring_crc32(0, text, e->text_bytes));
		for (size_t i = 0; i < sizeof(e->reserved); i++)
			CHECK(e->reserved[i] == 0);
		last = e->timestamp;
		found[e->id] = text;
		bytes_of[e->id] = e->text_bytes;
		at += sizeof(*e);
		for (u64 end = ALIGN((u64)e->text_bytes, 8ull), i = e->text_bytes; i < end; i++)
			CHECK(text[i] == 0);
		at += ALIGN((u64)e->text_bytes, 8ull);
	}
	CHECK(at == head->commit);
	for (u32 id = 1; id <= IDS; id++) {
		if (holds[id])
			CHECK(bytes_of[id] == strlen(holds[id]) &&
			      !memcmp(found[id], holds[id], bytes_of[id]), "id %u", id);
		else /* never there, or withdrawn */
			CHECK(!found[id] || (bytes_of[id] == 1 && found[id][0] == '\n'), "id %u", id);
	}
	return entries;
}

static void publish(u32 id, u32 variant, u32 bytes)
{
	char *text = calloc(1, bytes + 1);
	struct ivring_meta_text *t;
	u8 behind[64];
	bool known;
	int ret;

	snprintf(text, bytes, "system: s%u\nname: n%u\nID: %u\n", variant, variant, id);
	memset(text + strlen(text), 'a' + (int)(variant % 26), bytes - strlen(text));
	text[bytes - 1] = '\n';
	t = make(text, bytes);
	CHECK(ivring_meta_parse(t) == 0 && t->id == id);
	known = holds[id] && !strcmp(holds[id], text);
	/* The clock may step back a little; entries must not. */
	now += check_random(&seed) % 100;
	memcpy(behind, (u8 *)area.part + area.part_bytes, sizeof(behind));
	ret = ivring_meta_publish(&area, &t, now - (check_random(&seed) % 10 ? 0 : 50));
	CHECK(!memcmp(behind, (u8 *)area.part + area.part_bytes, sizeof(behind)));
	free_all(t);
	CHECK(ret == 0 || (ret == -ENOSPC && !known));
	same += known;
	published += ret == 0 && !known;
	refused += ret != 0;
	withdrawn += ret != 0 && holds[id];
	if (!known) {
		free(holds[id]);
		holds[id] = ret ? NULL : strdup(text);
	}
	free(text);
}

/* Tries to publish symbols: a text of @bytes, most of them zero. */
static int publish_symbols(u32 id, u32 bytes)
{
	struct ivring_meta_text *t;
	char *text = calloc(1, bytes + 1);
	int ret;

	snprintf(text, bytes, "system: symbols\nname: kernel\nID: %u\n", id);
	t = make(text, bytes);
	free(text);
	CHECK(ivring_meta_parse(t) == 0 && t->id == id);
	ret = ivring_meta_publish(&area, &t, now);
	free_all(t);
	return ret;
}

/* Symbols take what there is but for a quarter, which formats can still have. */
static void check_symbols(void)
{
	u64 entry = sizeof(struct ivring_meta_entry), left, kept;
	u32 id = IVRING_META_ID_SYMBOLS;

	set_up(1 << 20, 2, 0);
	attach();
	memset(&area, 0, sizeof(area));
	ivring_meta_start(&area, region, &geo, 0, now);
	CHECK(publish_symbols(id, 1000) == 0);
	/* An entry for each withdrawal, of this text and of the one before it. */
	kept = area.part_bytes / 4 + 2 * (entry + 8);
	left = area.part_bytes - area.used - kept - entry;
	CHECK(left % 8 == 0 && left <= IVRING_META_TEXT_BYTES_MAX);
	CHECK(publish_symbols(id + 1, (u32)left + 1) == -ENOSPC && area.refused == 1);
	CHECK(publish_symbols(id + 1, (u32)left) == 0);
	CHECK(publish_symbols(id + 1, (u32)left) == 0); /* the same: needs no room */
	CHECK(publish_symbols(id + 2, 100) == -ENOSPC);
	publish(7, 1, 100);
	CHECK(area.refused == 2 && holds[7]);
	free(holds[7]);
	holds[7] = NULL;
	free_all(ivring_meta_take(&area));
	tear_down();
}

int main(void)
{
	check_parse();
	check_symbols();
	for (u32 round = 0; round < 24; round++) {
		u32 epoch = 0;

		set_up(round % 2 ? 1 << 20 : 256 << 10, 2, 0);
		attach();
		memset(&area, 0, sizeof(area));
		ivring_meta_start(&area, region, &geo, epoch, now);
		CHECK(check_part(epoch) == 0);
		for (u32 i = 0; i < 600; i++) {
			u32 id = 1 + (u32)(check_random(&seed) % IDS);
			u32 variant = (u32)check_random(&seed) % 3;

			publish(id, variant, 60 + (id * 7919 + variant * 104729) %
				(round % 3 ? 400 : 20000));
			if (check_random(&seed) % 10 == 0)
				check_part(epoch);
			if (check_random(&seed) % 150)
				continue;
			/* As after a suspend: use the other part, and publish all texts again. */
			attach();
			ivring_meta_start(&area, region, &geo, ++epoch, now);
			CHECK(check_part(epoch) == area.nr_texts);
		}
		check_part(epoch);
		free_all(ivring_meta_take(&area));
		for (u32 id = 1; id <= IDS; id++) {
			free(holds[id]);
			holds[id] = NULL;
		}
		tear_down();
	}
	printf("published %llu\nsame %llu\nrefused %llu\nwithdrawn %llu\n",
	       (unsigned long long)published, (unsigned long long)same,
	       (unsigned long long)refused, (unsigned long long)withdrawn);
	return 0;
}
