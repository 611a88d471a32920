/* SPDX-License-Identifier: MIT */
/*
 * A model of one ring: the writer of guest/core/ring.c on one CPU, where an
 * interrupt may nest in the task and an NMI in both, at any step; and the
 * cursor of ring/ring_reader.ts on another CPU. Rules and names are those of
 * guest/PROTOCOL.md; runs.ts lists the runs and what each has to show.
 *
 * Units. A record takes 1 or 2 cells, a block has CELLS of them, a position
 * counts cells. A cell has two words, with the record's sequence in each, by which
 * a torn record is recognised. Padding is one bit, half a cell. A commit word and a
 * content end count half cells: 2 * position + padding, 2 * position - padding.
 * A block header has three words: the number, one for all that the opener
 * writes (first_seq) and one for all that the closer writes (content).
 */

/* Sizes. */
#ifndef BLOCKS
#define BLOCKS	3	/* slots in the ring; the real one has at least 4 */
#endif
#ifndef CELLS
#define CELLS	2	/* cells in a block */
#endif
/* How many records each level writes, each in an interrupt of its own. */
#ifndef TASK
#define TASK	1
#endif
#ifndef IRQ
#define IRQ	0
#endif
#ifndef NMI
#define NMI	1
#endif

/*
 * Situations.
 * EMPTY	the session is new; otherwise the ring starts with one lap of records
 * RELAXED	stores become visible in any order between barriers (not x86)
 * PANIC	the task never resumes, the interrupt takes over
 * REBOOT	with PANIC: private state is gone, too, and is adopted from the region
 * LOSSLESS	the reader reports, sooner or later, how far it has come
 * WILD	with LOSSLESS: the word that reports it has any value at any time
 *
 * All other macros are controls: each breaks one rule, and is explained where it is used.
 */
#define OPENED	(BLOCKS + TASK + IRQ + NMI + 3)	/* more blocks than a run opens */
#define POSITIONS (CELLS * OPENED)
#define NONE	255

/* The level that runs: 0 task, 1 interrupt, 2 NMI. */
byte level;
bit booting;	/* a new driver start adopts; nothing else may write yet */
bit done[3];
#define WRITERS_DONE	(done[0] && done[1] && done[2])
#ifdef RELAXED
bit stores_done;
#define ALL_VISIBLE	stores_done
#else
#define ALL_VISIBLE	WRITERS_DONE
#endif

/* The truth, for the assertions only; no decision is taken on it. */
byte true_seq[POSITIONS];	/* cell -> sequence of its record */
byte true_first[OPENED];	/* block -> sequence of its first record */
byte true_content[OPENED];	/* block -> end of its content */
byte incomplete[3];		/* level -> start of the record it has claimed, but not written */
byte published;			/* the highest commit word stored */
byte first_seq;			/* the sequence at which the run began */
byte attempts;
byte hole_from, hole_to;	/* sequences given up by a takeover */
bit formatted;			/* the ring is not adopted: a new session begins, which other runs test */

#ifdef LOSSLESS
byte consumed;	/* a shared word that the reader writes: a position */
#endif

#include "memory.pml"
#include "writer.pml"
#include "takeover.pml"
#include "reader.pml"

/* Each level runs only while none above it does. */
proctype Task() provided (level == 0)
{
	byte n;
	WRITER_LOCALS;

	do
	:: n < TASK -> write(0); n++
	:: else -> break
	od;
	atomic { n = 0; done[0] = 1 }
}

proctype Interrupt() provided (level <= 1)
{
	byte n;
	WRITER_LOCALS;

#ifdef PANIC
#ifdef REBOOT
	atomic { level = 1; booting = 1 };
	adopt();
#else
	level = 1;	/* at any step of the task, which never resumes */
#endif
	if
	:: formatted
	:: else ->
#ifdef NAIVE	/* control: write on as if nothing had been claimed */
		nest = 0;
#else
		take_over(1);
#endif
		booting = 0;
		do
		:: n < IRQ -> write(1); n++
		:: else -> break
		od
	fi;
	atomic { n = 0; done[0] = 1; done[1] = 1 }
#else
	do
	:: n < IRQ ->
		atomic { level == 0 -> level = 1 };
		write(1);
		d_step { n++; level = 0 }
	:: else -> break
	od;
	atomic { n = 0; done[1] = 1 }
#endif
}

proctype Nmi()
{
	byte n, below;
	WRITER_LOCALS;

	do
	:: n < NMI ->
		atomic { level < 2 && !booting -> below = level; level = 2 };
		write(2);
		d_step { n++; level = below; below = 0 }
	:: else -> break
	od;
	atomic { n = 0; done[2] = 1 }
}

#ifdef RELAXED
/* Models the memory system: any store may become visible before any other. */
proctype Stores()
{
	byte at;

	do
	:: atomic {
		do
		:: at < WORDS - 1 -> at++
		:: break
		od;
		if
		:: pending[at] != NONE -> shared[at] = pending[at]; pending[at] = NONE
		:: else
		fi;
		at = 0
	   }
	:: atomic { WRITERS_DONE -> DRAIN_ALL; stores_done = 1 }; break
	od
}
#endif

#ifdef WILD
/* Plays a hostile host; a few values are enough, because they come at any time. */
proctype Liar()
{
	do
	:: WRITERS_DONE -> break
	:: consumed != 0 -> consumed = 0
	:: consumed != POSITIONS -> consumed = POSITIONS
	:: consumed != cursor -> consumed = cursor
	od
}
#endif

/* Stores a lap of records of one cell each, up to @end; their sequence is their position. */
inline old_lap(end)
{
	p = 0;
	do
	:: p < end ->
		true_seq[p] = p; shared[WORD(2 * p)] = p; shared[WORD(2 * p + 1)] = p;
		true_content[p / CELLS] = 2 * (p + 1) - p % 2;
		if
		:: p % CELLS == 0 ->
			true_first[p / CELLS] = p; shared[FIRST(p / CELLS)] = p;
			shared[NUMBER(p / CELLS)] = p / CELLS
		:: else
		fi;
		p++
	:: else -> break
	od;
	p = 0;
	do
	:: p < BLOCKS - 1 -> shared[CONTENT(p)] = true_content[p]; p++
	:: else -> break
	od;
	shared[CONTENT(BLOCKS - 1)] = 1
}

init
{
	byte p, end;

#ifdef EMPTY
	end = CELLS;	/* a session starts at block 1; the region is zeroed */
	d_step {
		state_pos = end; first_seq = 0; commit = 2 * end
	};
	cursor = end;
#else
	/* One cell of the newest block is used, or all are. */
	if
	:: end = (BLOCKS - 1) * CELLS + 1
	:: end = BLOCKS * CELLS
	fi;
	d_step {
		old_lap(end);
		state_pos = end; state_pad = (end - 1) % 2; state_seq = end;
		commit = 2 * end + state_pad; first_seq = end
	};
	/* The reader has come to any block's beginning, or to the end. */
	p = 0;
	do
	:: p < BLOCKS - 1 -> p++
	:: break
	od;
	if
	:: cursor = p * CELLS
	:: cursor = end
	fi;
	expected = cursor;
#endif
	atomic {
#ifdef LOSSLESS
		consumed = cursor;
#endif
		commit_seq = state_seq; published = commit;
		shared[COMMIT] = commit; shared[COMMIT_SEQ] = commit_seq;
		incomplete[0] = NONE; incomplete[1] = NONE; incomplete[2] = NONE;
#ifdef RELAXED
		p = 0;
		do
		:: p < WORDS -> pending[p] = NONE; p++
		:: else -> break
		od;
#endif
		p = 0; end = 0
	};
	atomic {
		run Task();
		run Interrupt();
		run Nmi();
#ifdef RELAXED
		run Stores();
#endif
#ifdef WILD
		run Liar();
#endif
		run Reader()
	}
}
