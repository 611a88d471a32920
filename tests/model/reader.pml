/* SPDX-License-Identifier: MIT */
/*
 * A model of the reader: RingReader.drain(), one block at a time.
 *
 * It copies a block, then checks the number. The model copies only one arbitrary
 * word of the block, which stands for all: the assertions are about each word by
 * itself, and the copy may take its words in any order. A batch of several blocks
 * copies all before it checks any; the steps for each block are then the same as
 * here, with more time between them.
 */

byte cursor;	/* position of the next record to read */
byte expected;	/* sequence of the next record to read */
bit skipped;	/* blocks were skipped since a record was last accepted */

#if defined(LOSSLESS) && !defined(WILD)
#define WAITED_FOR	true	/* nothing is overwritten that it has not read */
#else
#define WAITED_FOR	false
#endif

#ifdef CLOSEDGE	/* control: an exactly full block counts as closed */
#define IS_CLOSED	(POSITION(seen) >= (block + 1) * CELLS)
#else
#define IS_CLOSED	(POSITION(seen) > (block + 1) * CELLS)
#endif

inline load_commit()
{
	last = ALL_VISIBLE;
	seen = shared[COMMIT];	/* RingReader.loadCommit:A */
	/* The commit is never a block below the cursor: that would count as rewound. */
	assert(POSITION(seen) + CELLS > cursor);
	/* Its padding is that of the last record. */
	assert(PAD(seen) == 0 || true_seq[POSITION(seen) - 1] % 2 == 1)
}

/* Chooses the block, and where its content ends; if lapped, the oldest or a later one. */
inline choose_block()
{
	block = cursor / CELLS;
	if
	:: block + BLOCKS <= BLOCK(seen) ->
		assert(!WAITED_FOR);
		block = BLOCK(seen) - BLOCKS + 1;
		do
		:: block < BLOCK(seen) -> block++
		:: break
		od;
		cursor = block * CELLS;
		skipped = 1
	:: else
	fi;
	fresh = (cursor == block * CELLS);
	closed = IS_CLOSED;
	end = (closed -> (true_content[block] + 1) / 2 : POSITION(seen))
}

/* Copies any one word of the block that the reader uses. */
inline copy_any_word()
{
#ifdef LATECOMMIT
	d_step {
		torn = (at >= 2 * cursor && at < 2 * end && before != true_seq[at / 2]);
		at = 0
	}
#else
	atomic {
		at = 2 * cursor;
		do
		:: at + 1 < 2 * end -> at++
		:: break
		od;
		if
		:: cursor < end -> torn = (shared[WORD(at)] != true_seq[at / 2])
		:: fresh -> torn = (shared[FIRST(block)] != true_first[block])
		:: closed -> torn = (shared[CONTENT(block)] != true_content[block])
#ifdef OPENFIELD	/* control: the closer's field is used although the block is open */
		:: !closed -> torn = (shared[CONTENT(block)] != CONTENT_END(seen))
#endif
		:: else
		fi;
		at = 0
	}
#endif
}

/* Accepts the block, all words of which must be right; see copy_any_word(). */
inline accept()
{
	assert(!torn);
	if
	:: fresh ->
		/* No record comes twice; none is missing unless it was lapped or given up. */
		assert(true_first[block] >= expected);
		assert(skipped || true_first[block] == expected ||
		       (expected == hole_from && true_first[block] == hole_to));
		expected = true_first[block];
		skipped = 0
	:: else
	fi;
	if
	:: cursor < end ->
		assert(true_seq[cursor] == expected);
		expected = true_seq[end - 1] + 1
	:: else
	fi;
	cursor = (closed -> (block + 1) * CELLS : end)
}

/* Checks, once nothing runs any more, that all was read, skipped or given up, and counted. */
inline check_end()
{
	assert(formatted || cursor == state_pos);
	assert(formatted || expected == state_seq);
	assert(formatted || shared[DROPS] == dropped);
#ifndef PANIC
	assert(attempts == dropped + state_seq - first_seq)
#endif
}

#if defined(NOCHECK)	/* control: no re-check */
#define HOLDS	true
#elif defined(CHANGED)	/* control: the number must only be the same as before */
#define HOLDS	(shared[NUMBER(block)] == before)
#elif defined(EARLYCHECK)	/* control: the check before the copy, no RingReader.drain:A */
#define HOLDS	(before == block)
#else
#define HOLDS	(shared[NUMBER(block)] == block)
#endif

proctype Reader()
{
	byte seen, block, end, at, before;
	bit fresh, closed, torn, last;

	do
	::
#ifdef LATECOMMIT	/* control: words are loaded ahead of the commit, no acquire at RingReader.loadCommit:A */
	   atomic {
		at = 2 * cursor;
		do
		:: at + 1 < 2 * (cursor / CELLS + 1) * CELLS -> at++
		:: break
		od;
		before = shared[WORD(at)]
	   };
#endif
	   atomic {
		if
		:: cursor < POSITION(seen)	/* goes on with the same commit, as a batch does */
		:: load_commit()
		fi;
		if
		:: cursor < POSITION(seen) -> choose_block()
		:: cursor >= POSITION(seen) && last -> check_end(); break
		:: else
		fi
	   };
	   if
	   :: cursor < POSITION(seen) ->
#if defined(CHANGED) || defined(EARLYCHECK)
		before = shared[NUMBER(block)];
#endif
#ifdef GIVEFIRST	/* control: it reports the position before it has copied */
		consumed = (closed -> (block + 1) * CELLS : end);
#endif
		copy_any_word();
		d_step {
			if
			:: HOLDS -> accept()
			:: else ->
#ifndef REBOOT	/* after a reboot, forgotten claims may have taken older slots */
				assert(!last);
#endif
				assert(!WAITED_FOR);
				cursor = (block + 1) * CELLS;
				skipped = 1
			fi;
			if
			:: cursor >= POSITION(seen) -> seen = 0
			:: else
			fi;
			block = 0; end = 0; before = 0;
			fresh = 0; closed = 0; torn = 0; last = 0
		};
#if defined(LOSSLESS) && !defined(WILD)
		if	/* HostPage.consume:A; now, or together with a later block */
		:: consumed = cursor
		:: skip
		fi
#endif
	   :: else -> seen = 0
	   fi
	od
}
