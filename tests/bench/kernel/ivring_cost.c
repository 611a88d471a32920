// SPDX-License-Identifier: MIT
/*
 * Benchmark only: measures how long it takes to record in the kernel. Writing
 * "NAME BYTES COUNT" to /dev/ivring_cost records COUNT times with BYTES of
 * payload; reading the same open file returns the nanoseconds that this took.
 * It is meant for QEMU's -icount, where they are instructions.
 */
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "ivring.h"

#define CREATE_TRACE_POINTS
#include "ivring_cost_event.h"

#define BYTES_MAX	1024
/* This many are done with interrupts off, so that interrupts are not counted. */
#define BATCH		64
#define FLOOR_BYTES	(2u << 20)

static char payload[BYTES_MAX + 1];
static u8 *floor_ring;
static u32 floor_at;

/* Does what any ring has to do: take the time, write a header, copy. */
static void run_floor(unsigned int bytes)
{
	const u32 size = ALIGN(16 + bytes, 8);
	u64 *head;

	if (floor_at + size > FLOOR_BYTES)
		floor_at = 0;
	head = (u64 *)(floor_ring + floor_at);
	head[0] = ktime_get_mono_fast_ns();
	head[1] = bytes;
	memcpy(head + 2, payload, bytes);
	WRITE_ONCE(floor_at, floor_at + size);
}

static void run_ivring(unsigned int bytes)
{
	ivring_write(0, payload, bytes);
}

static void run_event(unsigned int bytes)
{
	trace_ivring_cost(payload, bytes);
}

static struct tracepoint *switching;

/*
 * Calls what is registered with the tracepoint of sched:sched_switch, as the tracepoint
 * itself does. The event has 64 bytes, however many are asked for.
 */
static void run_switch(unsigned int bytes)
{
	struct tracepoint_func *func;

	preempt_disable_notrace();
	for (func = rcu_dereference_raw(switching->funcs); func && func->func; func++)
		((void (*)(void *, bool, struct task_struct *, struct task_struct *,
			   unsigned int))func->func)(func->data, false, current, current, 0);
	preempt_enable_notrace();
}

static void find_switching(struct tracepoint *tracepoint, void *unused)
{
	if (!strcmp(tracepoint->name, "sched_switch"))
		switching = tracepoint;
}

static void run_printk(unsigned int bytes)
{
	printk(KERN_DEBUG "%.*s\n", (int)bytes, payload);
}

static const struct {
	const char *name;
	void (*run)(unsigned int bytes);
} subjects[] = {
	{ "floor", run_floor },
	{ "ivring", run_ivring },
	{ "event", run_event },
	{ "switch", run_switch },
	{ "printk", run_printk },
};

static u64 measure(void (*run)(unsigned int bytes), unsigned int bytes, unsigned int count)
{
	unsigned long flags;
	unsigned int i;
	u64 ns = 0, from;

	for (; count >= BATCH; count -= BATCH) {
		local_irq_save(flags);
		from = ktime_get_mono_fast_ns();
		for (i = 0; i < BATCH; i++)
			run(bytes);
		ns += ktime_get_mono_fast_ns() - from;
		local_irq_restore(flags);
		cond_resched();
	}
	return ns;
}

static ssize_t cost_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char line[64] = "", name[32];
	unsigned int bytes, count, i;

	if (size >= sizeof(line) || copy_from_user(line, from, size))
		return -EFAULT;
	if (sscanf(line, "%31s %u %u", name, &bytes, &count) != 3 || bytes > BYTES_MAX ||
	    count % BATCH)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		if (strcmp(name, subjects[i].name))
			continue;
		*(u64 *)file->private_data = measure(subjects[i].run, bytes, count);
		return (ssize_t)size;
	}
	return -EINVAL;
}

static ssize_t cost_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	char text[32];
	int len = scnprintf(text, sizeof(text), "ns=%llu\n", *(u64 *)file->private_data);

	return simple_read_from_buffer(to, size, pos, text, (size_t)len);
}

static int cost_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(u64), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int cost_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations cost_fops = {
	.owner = THIS_MODULE,
	.open = cost_open,
	.release = cost_release,
	.read = cost_read,
	.write = cost_write,
};

static struct miscdevice cost_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ivring_cost",
	.fops = &cost_fops,
};

static int __init cost_init(void)
{
	int ret;

	memset(payload, 'x', BYTES_MAX);
	for_each_kernel_tracepoint(find_switching, NULL);
	if (!switching)
		return -ENOENT;
	floor_ring = vzalloc(FLOOR_BYTES);
	if (!floor_ring)
		return -ENOMEM;
	ret = misc_register(&cost_misc);
	if (ret)
		vfree(floor_ring);
	return ret;
}

static void __exit cost_exit(void)
{
	misc_deregister(&cost_misc);
	vfree(floor_ring);
}

module_init(cost_init);
module_exit(cost_exit);

MODULE_DESCRIPTION("Benchmark only: what recording costs in the kernel");
MODULE_LICENSE("Dual MIT/GPL");
