/* SPDX-License-Identifier: MIT */
/*
 * The reader: RingReader.drain(), one block at a time.
 *
 * It copies a block, then checks the number. What the model copies is one word
 * of the block, any of them: what is asserted is said of each word by itself,
 * and the copy may take its words in any order, so one arbitrary word stands
 * for all. A batch of several blocks copies all before it checks any; each
 * block's own steps are then as they are here, with more time between them.
 */

byte cursor;	/* position of the next record to read */
byte expected;	/* its sequence */
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
	/* Never by a block: that would count as rewound. */
	assert(POSITION(seen) + CELLS > cursor);
	/* Nothing but the last record's padding. */
	assert(PAD(seen) == 0 || true_seq[POSITION(seen) - 1] % 2 == 1)
}

/* Which block, where its content ends; the oldest or a later one if lapped. */
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

/* Any word of the block that the reader goes by. */
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
#ifdef OPENFIELD	/* control: the closer's field is used of the open block */
		:: !closed -> torn = (shared[CONTENT(block)] != CONTENT_END(seen))
#endif
		:: else
		fi;
		at = 0
	}
#endif
}

/* What of the block was accepted is all true; see copy_any_word(). */
inline accept()
{
	assert(!torn);
	if
	:: fresh ->
		/* Nothing twice; nothing missing but what was lapped or given up. */
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

/* When all is quiet, every record is read, skipped or given up, and counted. */
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
#elif defined(CHANGED)	/* control: the number only did not change */
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
		:: cursor < POSITION(seen)	/* with the same commit, as in a batch */
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
#ifdef GIVEFIRST	/* control: it says so before it has copied */
		consumed = (closed -> (block + 1) * CELLS : end);
#endif
		copy_any_word();
		d_step {
			if
			:: HOLDS -> accept()
			:: else ->
#ifndef REBOOT	/* then what was given up may lie where older blocks were */
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
		if	/* HostPage.consume:A; now, or with a later one */
		:: consumed = cursor
		:: skip
		fi
#endif
	   :: else -> seen = 0
	   fi
	od
}
