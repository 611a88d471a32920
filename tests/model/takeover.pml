/* SPDX-License-Identifier: MIT */
/* Models how a ring is continued behind writers that never resume. */

/* Models ivring_ring_adopt(): a new driver start knows only what is in shared memory. */
inline adopt()
{
	d_step {
		commit = shared[COMMIT]; commit_seq = shared[COMMIT_SEQ];
		dropped = shared[DROPS];
		state_pos = POSITION(commit); state_pad = PAD(commit); state_seq = commit_seq;
		nest = 0; nested = 0;
		formatted = (shared[NUMBER(BLOCK(commit))] != BLOCK(commit))
	}
}

/* Notes what a takeover makes true for the blocks that it leaves behind. */
inline give_up_claims()
{
	hole_from = true_seq[POSITION(commit) - 1] + 1; hole_to = seq;
	incomplete[0] = NONE; incomplete[1] = NONE; incomplete[2] = NONE;
	true_content[BLOCK(commit)] = CONTENT_END(commit);
	i = BLOCK(commit) + 1;
	do
	:: i < block -> true_content[i] = 2 * i * CELLS; true_first[i] = seq; i++
	:: else -> break
	od
}

/* Models ivring_ring_takeover(). */
inline take_over(who)
{
#ifdef TAKELATE	/* control: the commit is loaded while NMIs may still publish */
	c = commit;
	nest = 1;
#else
	nest = 1;	/* ivring_ring_takeover:A */
	c = commit;
#endif
	do
	:: d_step {
		load_state();
		block = (prev - 1) / CELLS + 1; start = block * CELLS; length = 1; opens = 1
	   }
	   atomic {
		if
		:: STATE_UNCHANGED -> d_step { give_up_claims(); exchange_state(who) }; break
		:: else
		fi
	   }
	od;
	ensure_numbers();
	STORE(CONTENT(BLOCK(c)), CONTENT_END(c));
	x = BLOCK(c) + 1;
	do
	:: x < block -> STORE(FIRST(x), seq); STORE(CONTENT(x), 2 * x * CELLS); x++
	:: else -> x = 0; break
	od;
	STORE(FIRST(block), seq);
	write_record(who);
	publish();
	FORGET_LOCALS
}
