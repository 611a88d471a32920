/* SPDX-License-Identifier: MIT */
/* Models the writer: ivring_ring_write() on both its paths. */

/* Private state of the writer: struct ivring_ring. */
byte state_pos, state_pad, state_seq;	/* one word, exchanged as a whole */
byte commit, commit_seq;
byte dropped;
byte nest;
bit nested;		/* the mark of a writer that was not the outermost */

/* Variables of a writing level; all are 0 between two records. */
#define WRITER_LOCALS \
	byte length, c, prev, prev_pad, seq, block, start, x, i; \
	bit opens, usual
#define FORGET_LOCALS \
	atomic { \
		length = 0; c = 0; prev = 0; prev_pad = 0; seq = 0; block = 0; \
		start = 0; x = 0; i = 0; opens = 0; usual = 0 \
	}

/* Models enter:A: the commit is read behind the store of nest. */
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

/* Exchanges the state word. The padding of a record is the parity of its sequence. */
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
#define LAPS	false
#else
#define LAPS	(block >= BLOCK(c) + BLOCKS)
#endif
#if defined(LOSSLESS) && !defined(NOLOSSLESS)	/* control: no lossless rule */
/* The real one subtracts unsigned: a position ahead of the block refuses it, too. */
#define UNREAD	((block + 1) * CELLS - consumed > BLOCKS * CELLS || \
		 (block + 1) * CELLS < consumed)
#else
#define UNREAD	false
#endif
#define MUST_DROP	(opens && (LAPS || UNREAD))

/* write_usual(): for the outermost, in the commit's block, if no other has claimed. */
#define FITS	(POSITION(c) % CELLS != 0 && POSITION(c) % CELLS + length <= CELLS)
#ifdef PLAINCLAIM
#define IS_USUAL	(nest == 1 && FITS)
#else
#define IS_USUAL	(nest == 1 && FITS && state_pos == POSITION(c) && \
			 state_pad == PAD(c) && state_seq == commit_seq)
#endif
inline claim_usual(who)
{
	atomic {
		if
		:: IS_USUAL ->
			d_step {
				usual = 1; prev = POSITION(c); prev_pad = PAD(c);
				seq = commit_seq; block = prev / CELLS; start = prev;
				exchange_state(who)
			}
		:: else
		fi
	}
}

/* Models the loop of claim_any(); block is NONE if the record is dropped. */
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

/* ENSURE RULE: ensure_numbers:A, and number_barrier:B behind it. */
inline ensure_numbers()
{
#if defined(NOSELF)	/* control: only the writer that opens a block numbers it */
	if
	:: opens -> STORE(NUMBER(block), block); WRITE_BARRIER
	:: else
	fi
#elif defined(NOPREV)	/* control: a writer numbers only its own block */
	if
	:: block > BLOCK(c) -> STORE(NUMBER(block), block); WRITE_BARRIER
	:: else
	fi
#elif defined(READBACK)	/* control: the header is read back to decide what to number */
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

/* FIELD OWNERSHIP: closes the block before, and opens this one. */
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

/* publish:B. The commit never goes back, and never covers what is not written. */
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
#ifdef SEQLAST	/* control: commit_seq is stored after commit */
	store_commit();
	STORE(COMMIT_SEQ, seq)
#else
	STORE(COMMIT_SEQ, seq);
	store_commit()
#endif
}

#ifdef NODROPMARK	/* control: a nested drop leaves no mark */
#define LEAVES_MARK	(block != NONE)
#else
#define LEAVES_MARK	true
#endif
#ifdef NOAGAIN	/* control: nobody looks for the mark */
#define MARKED	false
#else
#define MARKED	(nested)
#endif

/* Clears the mark, then reads the claims that it stands for: ivring_ring_commit:D. */
inline look()
{
#ifdef MARKLATE	/* control: the mark is cleared after the claims are read */
	d_step { load_state() };
	x = dropped;
	nested = 0
#else
	nested = 0;
	d_step { load_state() };
	x = dropped
#endif
}

inline store_all()
{
	STORE(DROPS, x);
#ifdef SHAREDFIRST	/* control: the shared words are stored before the private ones */
	store_shared();
	store_private()
#else
	store_private();	/* publish:A */
	store_shared()
#endif
}

/* PUBLICATION: ivring_ring_commit(), and what write_usual() does in its place. */
inline publish()
{
#ifdef DECFIRST	/* control: nest is lowered before the publication */
	nest--;
	if
	:: nest == 0 -> d_step { load_state(); x = dropped }; STORE(DROPS, x);
		store_private(); store_shared()
	:: else
	fi
#else
	if
	:: d_step { nest > 1 /* ivring_ring_commit:B */ -> nested = (nested || LEAVES_MARK); nest-- }
	:: nest == 1 ->
		if
		:: usual ->
			/* The claim is known, so that the state is not read. */
			d_step { prev = start + length; prev_pad = seq % 2; seq++ };
			store_private();
			store_shared();
			nest = 0
		:: else	/* nest is still 1 */
		fi;
		do
		:: MARKED || nest == 1 ->
			nest = 1;
			look();
			store_all();
			nest = 0
		:: else -> break
		od
	fi
#endif
}

/* Writes one record, or counts one drop. */
inline write(who)
{
	enter();
	claim_usual(who);
	if
	:: usual
	:: else -> claim(who)
	fi;
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
