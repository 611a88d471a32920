/* SPDX-License-Identifier: MIT */
/*
 * A model of guest/core/doorbell.c on several CPUs, each with a ring of its own, and of
 * a host that sleeps. A store of commit may still be in its CPU's store buffer when the
 * same CPU looks whether it has to ring: there is no barrier between the two, publish:B
 * and must_ring:A. So a CPU may fail to ring, and the host must not sleep for ever.
 *
 * FENCED	there is such a barrier; then every CPU rings that has to
 * FOREVER	only the bell ends the host's sleep
 */
#ifndef CPUS
#define CPUS	2
#endif
#ifndef RECORDS
#define RECORDS	2	/* records that each CPU writes */
#endif
/* How many sleeps end by themselves although the guest still writes. */
#define EARLY	1

byte commit[CPUS];	/* as the host sees it */
byte written[CPUS];	/* as its CPU sees it: the difference is in its store buffer */
byte armed;		/* as the guest sees it; the host counts it up */
byte rung;		/* the arming that was answered */
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

/* Models ivring_doorbell_notice(); the exchange has LOCK, which empties the buffer. */
inline notice(cpu)
{
#ifdef ARMFIRST	/* control: the arming is read before the one that was answered */
	arm = armed;
	old = rung;
#else
	old = rung;	/* ivring_doorbell_notice:A */
	arm = armed;	/* load_armed:A */
#endif
	if
	:: arm != old ->
#ifdef PLAINRING	/* control: rung is compared, then stored, not exchanged */
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
			/* However many records there are, it rings once for each arming. */
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

/* Empties a CPU's store buffer at any time. */
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

/* Fails if nothing can happen any more while the host is asleep. */
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
