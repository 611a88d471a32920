// SPDX-License-Identifier: MIT
/*
 * Writes events behind the names of their tasks, and checks that each block names every
 * task before the task's first event there: for tasks that take turns and are renamed, with
 * a ring that takes nothing more and, unless told to be brief, with interrupts at many
 * instructions. Usage: task [brief]
 */
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include <x86intrin.h>
#include "check.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	8u
#define DATA_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define TRAP_FLAG	0x100ull
#define SESSION		77
#define PIDS_MOST	1024u

/* The payload of an event; other bytes may follow. */
struct event {
	u32 pid;
	char comm[IVRING_COMM_BYTES];
};

static struct ivring_ring ring;
static struct ivring_ring_live *live;
static u8 *data;

static volatile u64 step, stop_at;
static void (*volatile interrupt)(void);

/* Sums over all rings. */
static u64 runs, events, names, unnamed, dropped, most_steps;

static struct event current;

/* Writes an event of the current task, as the driver does. */
static bool write_event(u32 bytes)
{
	static u8 payload[BLOCK_BYTES]; /* what interrupts writes the same there */
	const u64 ids = (u64)current.pid << 32 | current.pid;

	memcpy(payload, &current, sizeof(current));
	return ivring_ring_write_event(&ring, ids, current.comm, TEST_ID, payload, bytes) >= 0;
}

static void be(u32 pid, u32 name)
{
	current.pid = pid;
	memset(current.comm, 0, sizeof(current.comm));
	snprintf(current.comm, sizeof(current.comm), "task %u", name);
}

/* Checks one block: each event has the name that its task was given last in this block. */
static void check_block(const u8 *block, u32 end)
{
	static char comms[PIDS_MOST][IVRING_COMM_BYTES];
	struct ivring_record record;
	struct ivring_task task;
	struct event event;
	u32 at = sizeof(struct ivring_block);

	memset(comms, 0, sizeof(comms));
	for (; at < end; at = (u32)ALIGN(at + sizeof(record) + record.len, 8)) {
		memcpy(&record, block + at, sizeof(record));
		if (record.id == IVRING_ID_TASK) {
			memcpy(&task, block + at + sizeof(record), sizeof(task));
			CHECK(record.len == sizeof(task) && task.pid < PIDS_MOST);
			CHECK(task.tgid == task.pid);
			memcpy(comms[task.pid], task.comm, sizeof(task.comm));
			names++;
			continue;
		}
		CHECK(record.id == TEST_ID, "id %u", record.id);
		memcpy(&event, block + at + sizeof(record), sizeof(event));
		if (ring.host && !comms[event.pid][0])
			unnamed++;
		else
			CHECK(memcmp(event.comm, comms[event.pid], sizeof(event.comm)) == 0,
			      "%s-%u is named \"%s\" at %u", event.comm, event.pid,
			      comms[event.pid], at);
		events++;
	}
}

/* Checks all blocks that are still there. */
static void check_names(void)
{
	const u64 end = live->commit & ~7ull, last = (end - 1) / BLOCK_BYTES;
	u64 block = last < NR_BLOCKS ? 1 : last - NR_BLOCKS + 1;

	CHECK(ring.nest == 0 && (u32)(ring.state >> 32) == (u32)live->commit_seq);
	if (end > BLOCK_BYTES)
		for (; block <= last; block++) {
			const u8 *slot = data + block % NR_BLOCKS * BLOCK_BYTES;
			const u32 content = ((const struct ivring_block *)slot)->content_size / 8;

			check_block(slot, block < last ? content : (u32)(end - block * BLOCK_BYTES) -
				    (u32)(live->commit & 7));
		}
	dropped += ring.dropped;
	runs++;
}

static void begin(void)
{
	memset(data, 0, DATA_BYTES);
	check_ring_init(&ring, data, live, BLOCK_BYTES, NR_BLOCKS);
}

/* Tasks take turns, more of them than there are slots, and change their names. */
static void take_turns(u32 nr_tasks)
{
	u64 seed = nr_tasks + 1;

	begin();
	for (u32 i = 0; i < 20000; i++) {
		const u32 pid = 1 + (u32)(check_random(&seed) >> 20) % nr_tasks;

		be(pid, pid + i / 3000);
		write_event((u32)sizeof(struct event) + (u32)(check_random(&seed) >> 20) % 300);
		if (i % 100 == 0)
			check_names();
	}
	check_names();
	CHECK(ring.dropped == 0);
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)signal;
	(void)info;
	if (++step != stop_at)
		return;
	interrupt();
	u->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void write_one(void)
{
	write_event(40);
}

/* Fills the block, and begins another. */
static void write_many(void)
{
	for (u32 i = 0; i < 3; i++)
		write_event(ring.max_payload - 3);
}

/* Writes more than the ring takes while the outer write holds the commit back. */
static void write_until_dropped(void)
{
	for (u32 i = 0; i < 2 * NR_BLOCKS; i++)
		write_event(ring.max_payload);
}

static void (*const interrupts[])(void) = { write_many, write_until_dropped };

/* Makes a block in which @left bytes are left, and that names the current task or does not. */
static void fill(u32 left, bool named)
{
	const u32 own = (u32)(sizeof(struct ivring_record) + sizeof(struct ivring_task));
	u32 used = (u32)sizeof(struct ivring_block);

	begin();
	be(1, 1);
	if (named)
		be(2, 2);
	write_event(sizeof(struct event));
	used += own + 40;
	be(2, 2);
	for (u32 bytes; used < BLOCK_BYTES - left; used += bytes) {
		bytes = min_t(u32, BLOCK_BYTES - left - used, 1024);
		if (BLOCK_BYTES - left - used - bytes < 56)
			bytes = BLOCK_BYTES - left - used;
		if (!named)
			be(1, 1);
		write_event(bytes - (u32)sizeof(struct ivring_record));
	}
	be(2, 2);
	CHECK((live->commit & (BLOCK_BYTES - 1)) == (BLOCK_BYTES - left) % BLOCK_BYTES);
}

/* Interrupts an event at every @stride-th of its instructions. */
static void interrupt_event(u32 left, bool named, u64 stride)
{
	for (u64 at = 1 + left % stride, ended = 0; !ended; at += stride) {
		fill(left, named);
		step = 0;
		stop_at = at;
		__writeeflags(__readeflags() | TRAP_FLAG);
		write_one();
		__writeeflags(__readeflags() & ~TRAP_FLAG);
		check_names();
		ended = step < at;
		most_steps = step > most_steps ? step : most_steps;
	}
}

/*
 * A consumer that takes nothing: what is dropped are events, and no names. The last event
 * that finds room may be without a name, for which there is none.
 */
static void fill_up(u32 first)
{
	static struct ivring_host host = { .session_id = SESSION };
	static struct ivring_consumer consumer = { .position = BLOCK_BYTES };
	u64 refused = 0;

	begin();
	ring.host = &host;
	ring.consumer = &consumer;
	ring.session_id = SESSION;
	for (u32 i = first; i < 2000; i++) {
		be(1 + i % 700, i);
		refused += !write_event((u32)sizeof(struct event) + i % 130);
	}
	CHECK(refused > 0 && refused == ring.dropped, "%llu events dropped, %llu records",
	      (unsigned long long)refused, (unsigned long long)ring.dropped);
	check_names();
}

/* Prints how many instructions an event takes behind a task that is named already. */
static void count_steps(void)
{
	const u64 ids = 2ull << 32 | 2;
	u8 payload[40];

	fill(1000, true);
	memcpy(payload, &current, sizeof(current));
	step = stop_at = 0;
	__writeeflags(__readeflags() | TRAP_FLAG);
	ivring_ring_write_event(&ring, ids, current.comm, TEST_ID, payload, sizeof(payload));
	__writeeflags(__readeflags() & ~TRAP_FLAG);
	printf("named_steps %llu\n", (unsigned long long)step);
	step = 0;
	__writeeflags(__readeflags() | TRAP_FLAG);
	ivring_ring_write(&ring, TEST_ID, payload, sizeof(payload));
	__writeeflags(__readeflags() & ~TRAP_FLAG);
	printf("plain_steps %llu\n", (unsigned long long)step);
}

int main(int argc, char **argv)
{
	const bool brief = argc > 1 && !strcmp(argv[1], "brief");
	struct sigaction act = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER };
	/* Room for all, for name and event, for less than both, for the name only, for none. */
	static const u32 lefts[] = { 1000, 96, 88, 48, 0 };

	sigaction(SIGTRAP, &act, NULL);
	live = check_map(4096);
	data = check_map(DATA_BYTES);
	count_steps();
	take_turns(3);
	take_turns(60);
	take_turns(900);
	for (u32 i = 0; i < 20; i++)
		fill_up(i);
	CHECK(unnamed > 0 && unnamed < 40, "%llu", (unsigned long long)unnamed);
	for (u32 i = 0; !brief && i < sizeof(lefts) / sizeof(*lefts); i++)
		for (u32 k = 0; k < sizeof(interrupts) / sizeof(*interrupts); k++) {
			interrupt = interrupts[k];
			interrupt_event(lefts[i], true, 3);
			/* It is longer by far, and the time grows with its square. */
			interrupt_event(lefts[i], false, 61);
		}
	printf("runs %llu\nevents %llu\nnames %llu\ndropped %llu\nmost_steps %llu\n",
	       (unsigned long long)runs, (unsigned long long)events, (unsigned long long)names,
	       (unsigned long long)dropped, (unsigned long long)most_steps);
	return 0;
}
