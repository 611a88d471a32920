/* SPDX-License-Identifier: MIT */
/*
 * A model of a record's time: stamp() and the loop of claim_any() in the guest, on
 * three levels that nest at any step. The clock has any value at any time: it
 * steps back, and it stands still. Times never fall from claim to claim; so they do
 * not fall from a block's last record to the end that its closer gives it either.
 *
 * write_usual() has the same order: the state that it expects has not changed since
 * nest was set, or its exchange fails.
 *
 * DISCARDS	any record may be dropped instead: the count of drops that goes
 *		with a claim never falls either
 */
#ifndef RECORDS
#define RECORDS	2	/* records that a level writes, each in an interrupt of its own */
#endif
#ifndef TIMES
#define TIMES	3	/* the clock's highest value; the lowest is 0 */
#endif

byte state_seq;		/* the state word, whose sequence is enough to recognise a claim */
byte last_ts;
byte dropped;
byte level;		/* the level that runs: 0 task, 1 interrupt, 2 NMI */

/* The truth, for the assertions only. */
byte newest;		/* time of the record claimed last */
byte discards;		/* drops that were counted with that record */

inline read_clock()
{
	atomic {
		now = 0;
		do
		:: now < TIMES -> now++
		:: break
		od
	}
}

/* Models stamp(). */
inline stamp()
{
	read_clock();
	do
	:: last = last_ts;
	   if
#ifdef NOCLAMP	/* control: the clock's value is not clamped */
	   :: ts = now; break
#endif
	   :: now <= last -> ts = last; break
	   :: now > last ->
#if defined(RAISELATE)	/* control: last_ts is raised behind the claim */
		ts = now; break
#elif defined(PLAINRAISE)	/* control: last_ts is stored, not exchanged */
		last_ts = now; ts = now; break
#else
		if
		:: atomic { last_ts == last -> last_ts = now }; ts = now; break
		:: last_ts != last
		fi
#endif
	   fi
	od
}

/* Models the loop of claim_any(), as far as it concerns time and drops. */
inline claim()
{
#ifdef DROPSFIRST	/* control: the drops are read before the state */
	seen = dropped;
#endif
	do
	::
#ifdef TIMEFIRST	/* control: the time is read before the state */
	   stamp();
	   state = state_seq;
#else
	   state = state_seq;
	   stamp();
#endif
#ifdef DISCARDS
#ifndef DROPSFIRST
	   seen = dropped;
#endif
	   if
	   :: dropped++; break
	   :: skip
	   fi;
#endif
	   if
	   :: atomic { state_seq == state ->
		state_seq = state + 1;
		assert(ts >= newest);
		assert(seen >= discards);
		newest = ts;
		discards = seen
	      };
	      break
	   :: state_seq != state
	   fi
	od;
#ifdef RAISELATE
	if
	:: ts > last_ts -> last_ts = ts
	:: else
	fi;
#endif
	atomic { state = 0; ts = 0; last = 0; now = 0; seen = 0 }
}

#define LOCALS	byte n, state, ts, last, now, seen

proctype Task() provided (level == 0)
{
	LOCALS;

	do
	:: n < RECORDS -> claim(); n++
	:: else -> break
	od
}

proctype Interrupt() provided (level <= 1)
{
	LOCALS;

	do
	:: n < RECORDS ->
		atomic { level == 0 -> level = 1 };
		claim();
		atomic { n++; level = 0 }
	:: else -> break
	od
}

proctype Nmi()
{
	LOCALS;
	byte below;

	do
	:: n < RECORDS ->
		atomic { level < 2 -> below = level; level = 2 };
		claim();
		atomic { n++; level = below; below = 0 }
	:: else -> break
	od
}

init
{
	atomic { run Task(); run Interrupt(); run Nmi() }
}
