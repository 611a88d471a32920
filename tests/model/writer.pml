/* SPDX-License-Identifier: MIT */
/* The writer: ivring_ring_reserve(), the payload, ivring_ring_commit(). */

/* Private state of the writer: struct ivring_ring. */
byte state_pos, state_pad, state_seq;	/* one word, exchanged as a whole */
byte commit, commit_seq;
byte dropped;
byte nest;

/* Variables of a writing context; all 0 between two records. */
#define WRITER_LOCALS \
	byte length, c, prev, prev_pad, seq, block, start, x, i; \
	bit opens
#define FORGET_LOCALS \
	atomic { \
		length = 0; c = 0; prev = 0; prev_pad = 0; seq = 0; block = 0; \
		start = 0; x = 0; i = 0; opens = 0 \
	}

inline enter()
{
	if
	:: d_step { nest++; attempts++; length = 1 }
	:: d_step { nest++; attempts++; length = 2 }
	fi;
	c = commit
}

inline load_state()
{
	prev = state_pos; prev_pad = state_pad; seq = state_seq
}

#define STATE_UNCHANGED	(state_pos == prev && state_pad == prev_pad && state_seq == seq)
#ifdef PLAINCLAIM	/* control: the state word is stored, not exchanged */
#define EXCHANGEABLE	true
#else
#define EXCHANGEABLE	STATE_UNCHANGED
#endif

/* The exchange of the state word. The padding of a record is its sequence's parity. */
inline exchange_state(who)
{
	state_pos = start + length; state_pad = seq % 2; state_seq = seq + 1;
	incomplete[who] = start;
	if
	:: opens -> true_first[block] = seq
	:: else
	fi;
	true_content[block] = 2 * (start + length) - seq % 2;
	i = start;
	do
	:: i < start + length -> true_seq[i] = seq; i++
	:: else -> break
	od;
	i = 0
}

#ifdef NODROP	/* control: no drop rule */
#define MUST_DROP	false
#else
#define MUST_DROP	(opens && block >= BLOCK(c) + BLOCKS)
#endif

/* The loop of ivring_ring_reserve(); block is NONE if the record is dropped. */
inline claim(who)
{
	do
	:: d_step {
		load_state();
		opens = (prev % CELLS == 0 || prev % CELLS + length > CELLS);
		block = (opens -> (prev + CELLS - 1) / CELLS : prev / CELLS);
		start = (opens -> block * CELLS : prev)
	   }
	   atomic {
		if
		:: MUST_DROP -> block = NONE; break
		:: !MUST_DROP && EXCHANGEABLE -> d_step { exchange_state(who) }; break
		:: else
		fi
	   }
	od
}

inline count_drop()
{
#ifdef PLAINDROP	/* control: load, add, store */
	x = dropped;
	dropped = x + 1;
	x = 0
#else
	dropped++
#endif
}

/* Rule 1. */
inline ensure_numbers()
{
#if defined(NOSELF)	/* control: only who opens a block numbers it */
	if
	:: opens -> STORE(NUMBER(block), block); WRITE_BARRIER
	:: else
	fi
#elif defined(NOPREV)	/* control: only the own block is numbered */
	if
	:: block > BLOCK(c) -> STORE(NUMBER(block), block); WRITE_BARRIER
	:: else
	fi
#elif defined(READBACK)	/* control: the header is read back to decide */
	x = BLOCK(c) + 1;
	do
	:: x <= block ->
		if
		:: SEEN_HERE(NUMBER(x)) != x -> STORE(NUMBER(x), x); WRITE_BARRIER
		:: else
		fi;
		x++
	:: else -> x = 0; break
	od
#else
	if
	:: block > BLOCK(c) ->
		x = BLOCK(c) + 1;
		do
		:: d_step { x <= block -> STORE(NUMBER(x), x); x++ }
		:: d_step { x > block -> x = 0 }; break
		od;
		WRITE_BARRIER
	:: else
	fi
#endif
}

/* Rule 2. */
inline close_and_open()
{
#ifdef OPENRESET	/* control: the opener resets the closer's field */
	STORE(CONTENT(block), 0);
#endif
	STORE(CONTENT(block - 1), 2 * prev - prev_pad);
	STORE(FIRST(block), seq)
}

inline write_record(who)
{
	i = 2 * start;
	do
	:: d_step { i < 2 * (start + length) -> STORE(WORD(i), seq); i++ }
	:: d_step { i >= 2 * (start + length) -> i = 0; incomplete[who] = NONE }; break
	od
}

/* Store (2). It never goes back, and never covers what is not written. */
inline store_commit()
{
	atomic {
		assert(2 * prev + prev_pad >= published);
		assert(incomplete[0] == NONE || incomplete[0] >= prev);
		assert(incomplete[1] == NONE || incomplete[1] >= prev);
		assert(incomplete[2] == NONE || incomplete[2] >= prev);
		published = 2 * prev + prev_pad;
		d_step { RELEASE(COMMIT, 2 * prev + prev_pad) }
	}
}

inline store_private()
{
	commit_seq = seq;
	commit = 2 * prev + prev_pad
}

inline store_shared()
{
	STORE(DROPS, x);
#ifdef SEQLAST	/* control: commit_seq after commit */
	store_commit();
	STORE(COMMIT_SEQ, seq)
#else
	STORE(COMMIT_SEQ, seq);
	store_commit()
#endif
}

#ifdef NODROPLOOK	/* control: drops do not count at the second look */
#define NOTHING_MOVED	STATE_UNCHANGED
#else
#define NOTHING_MOVED	(STATE_UNCHANGED && dropped == x)
#endif

/* Rule 4: ivring_ring_commit(). */
inline publish()
{
#ifdef DECFIRST	/* control: nest goes down before the publication */
	nest--;
	if
	:: nest == 0 -> d_step { load_state(); x = dropped }; store_private(); store_shared()
	:: else
	fi
#else
	do
	:: d_step { nest > 1 -> nest-- }; break
	:: nest == 1 ->
		d_step { load_state() };
		x = dropped;
#ifdef SHAREDFIRST	/* control: shared words before the private ones */
		store_shared();
		store_private();
#else
		store_private();
		store_shared();
#endif
		nest = 0;
#ifdef NOAGAIN	/* control: no second look */
		break
#else
		if
		:: NOTHING_MOVED -> break
		:: else -> nest = 1
		fi
#endif
	od
#endif
}

/* One record, or one drop. */
inline write(who)
{
	enter();
	claim(who);
	if
	:: block == NONE -> count_drop()
	:: else ->
		ensure_numbers();
		if
		:: opens -> close_and_open()
		:: else
		fi;
		write_record(who)
	fi;
	publish();
	FORGET_LOCALS
}
