/* SPDX-License-Identifier: MIT */
/* The words of the shared region, and when stores to them become visible. */

/* The shared region: BLOCKS slots, then the ring's live line. */
#define SLOT	(3 + 2 * CELLS)
#define NUMBER(b)	(((b) % BLOCKS) * SLOT)
#define FIRST(b)	(((b) % BLOCKS) * SLOT + 1)
#define CONTENT(b)	(((b) % BLOCKS) * SLOT + 2)
#define WORD(w)	((((w) / (2 * CELLS)) % BLOCKS) * SLOT + 3 + (w) % (2 * CELLS))
#define COMMIT		(BLOCKS * SLOT)
#define COMMIT_SEQ	(COMMIT + 1)
#define DROPS		(COMMIT + 2)
#define WORDS		(COMMIT + 3)

/* The parts of a commit word. */
#define POSITION(c)	((c) / 2)
#define PAD(c)		((c) % 2)
#define CONTENT_END(c)	(2 * POSITION(c) - PAD(c))
#define BLOCK(c)	((POSITION(c) - 1) / CELLS)	/* block of the last committed cell */

byte shared[WORDS];	/* what the other CPU sees */

/*
 * Memory ordering. For x86 the model is sequential: the writer's stores become visible in
 * their order, and except for consumed the writer reads nothing that the reader stores.
 */
#ifdef RELAXED
byte pending[WORDS];	/* stores that are not visible yet; NONE: there is none */
byte each;
#define STORE(at, value)	pending[at] = (value)
#define SEEN_HERE(at)	(pending[at] != NONE -> pending[at] : shared[at])
#define DRAIN_ALL \
	each = 0; \
	do \
	:: each < WORDS -> \
		if \
		:: pending[each] != NONE -> \
			shared[each] = pending[each]; pending[each] = NONE \
		:: else \
		fi; \
		each++ \
	:: else -> break \
	od; \
	each = 0
#else
#define STORE(at, value)	shared[at] = (value)
#define SEEN_HERE(at)	shared[at]
#define DRAIN_ALL	skip
#endif
#ifdef NOWMB	/* control: no barrier, number_barrier:B */
#define WRITE_BARRIER	skip
#else
#define WRITE_BARRIER	atomic { DRAIN_ALL }
#endif
#ifdef NORELEASE	/* control: publish:B is a plain store */
#define RELEASE(at, value)	STORE(at, value)
#else
#define RELEASE(at, value)	DRAIN_ALL; STORE(at, value)
#endif
