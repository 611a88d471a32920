/* SPDX-License-Identifier: MIT */
/*
 * The doorbell: guest/core/doorbell.c on several CPUs, each with a ring of its
 * own, and a host that sleeps. A store of commit may still be in its CPU's store
 * buffer when the same CPU looks whether it has to ring: there is no barrier
 * between the two, publish:B and must_ring:A. So a ring can be missed, and the host
 * does not sleep for ever.
 *
 * FENCED	with that barrier; then no ring is missed
 * FOREVER	the host's sleep has no end but the bell
 */
#ifndef CPUS
#define CPUS	2
#endif
#ifndef RECORDS
#define RECORDS	2	/* each CPU writes */
#endif
/* Sleeps that end by themselves though the guest still writes. */
#define EARLY	1

byte commit[CPUS];	/* as the host sees it */
byte written[CPUS];	/* as its CPU does: the rest is in its store buffer */
byte armed;		/* as the guest sees it; the host counts it up */
byte rung;		/* the one that was answered */
bit bell;		/* the eventfd */
byte rings, armings;
byte ended;

#define ALL_READ	(seen[0] == RECORDS && seen[1] == RECORDS)
#define NEWS		(commit[0] != seen[0] || commit[1] != seen[1])
#define AT_REST		(ended == CPUS && commit[0] == RECORDS && commit[1] == RECORDS)

inline flush(cpu)
{
	commit[cpu] = written[cpu]
}

/* ivring_doorbell_notice(); the exchange has LOCK, which empties the buffer. */
inline notice(cpu)
{
#ifdef ARMFIRST	/* control: what is asked for is read before what was answered */
	arm = armed;
	old = rung;
#else
	old = rung;	/* ivring_doorbell_notice:A */
	arm = armed;	/* load_armed:A */
#endif
	if
	:: arm != old ->
#ifdef PLAINRING	/* control: looked at, then stored */
		flush(cpu);
		if
		:: rung == old -> won = 1
		:: else
		fi;
		if
		:: won -> rung = arm
		:: else
		fi;
#else
		atomic {
			flush(cpu);
			if
			:: rung == old -> rung = arm; won = 1
			:: else
			fi
		};
#endif
		if
		:: atomic { won ->
			rings++;
			/* However many records: a storm rings no oftener. */
			assert(rings <= armings);
			bell = 1; arm = 0; old = 0; won = 0
		   }
		:: d_step { !won -> arm = 0; old = 0 }
		fi
	:: d_step { arm == old -> arm = 0; old = 0 }
	fi
}

proctype Writer(byte cpu)
{
	byte n, arm, old;
	bit won;

	do
	:: n < RECORDS ->
		d_step {
			n++;
			written[cpu]++;
#ifdef FENCED
			flush(cpu)
#endif
		};
		notice(cpu)
	:: else -> break
	od;
	atomic { n = 0; ended++ }
}

/* A store leaves its buffer at some time. */
proctype Buffer(byte cpu)
{
	do
	:: commit[cpu] != written[cpu] -> flush(cpu)
	:: commit[cpu] == RECORDS -> break
	od
}

byte seen[CPUS];
bit asleep;

inline drain()
{
	d_step { seen[0] = commit[0]; seen[1] = commit[1] }
}

proctype Host()
{
	byte early;

	do
	:: drain();
	   if
	   :: ALL_READ -> break
	   :: else
	   fi;
#ifdef LOOKFIRST	/* control: the second look may overtake the arming, HostPage.arm:C */
	   if
	   :: NEWS
	   :: else ->
		d_step { armings++; armed = armings };
#else
	   d_step { armings++; armed = armings };
	   if
	   :: NEWS
	   :: else ->
#endif
		asleep = 1;
		if
		:: d_step { bell -> bell = 0; asleep = 0 }
#ifndef FOREVER
		:: d_step { early < EARLY -> early++; asleep = 0 }
		:: d_step { AT_REST -> asleep = 0 }
#endif
		fi
	   fi
	od
}

/* What nobody would ever wake the host for. */
proctype Watch()
{
	timeout -> assert(!asleep)
}

init
{
	atomic {
		run Writer(0);
		run Writer(1);
		run Buffer(0);
		run Buffer(1);
		run Host();
		run Watch()
	}
}
