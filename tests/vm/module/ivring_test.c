// SPDX-License-Identifier: MIT
/*
 * Test only: calls ivring_write() on behalf of whoever writes a command to
 * /dev/ivring_test, on that caller's CPU. Reading the same open file gives the
 * result, one line.
 */
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <asm/irq_regs.h>

#include "../guest/ivring.h"
#include "stream.h"

#define TIMER_NS	40000
/* IVRING_MESSAGE_BYTES_MAX, written down a second time on purpose */
#define MESSAGE_BYTES_MAX	262144

struct result {
	char text[256];
};

/* One CPU's streams; the nested ones run on the CPU of the task. */
struct streams {
	struct hrtimer timer;
	struct irq_work irq_work;
	unsigned int cpu;
	unsigned int next[STREAM_SOURCES];
	unsigned long bytes;
	unsigned long failed;
	unsigned long inside;
	char nested_buf[512];
	char symbol[KSYM_SYMBOL_LEN];
	char task_buf[STREAM_BYTES_MAX];
};

static void emit(struct streams *s, unsigned int source, char *buf)
{
	unsigned int bytes = stream_fill(buf, s->cpu, source, s->next[source]);

	if (ivring_write(0, buf, bytes) == (int)bytes) {
		s->next[source]++;
		s->bytes += bytes;
	} else {
		s->failed++;
	}
}

static void on_irq_work(struct irq_work *work)
{
	struct streams *s = container_of(work, struct streams, irq_work);

	emit(s, STREAM_IRQ_WORK, s->nested_buf);
}

static enum hrtimer_restart on_timer(struct hrtimer *timer)
{
	struct streams *s = container_of(timer, struct streams, timer);
	struct pt_regs *regs = get_irq_regs();

	/* Counts it if this has interrupted a write within the driver's own code. */
	if (regs && !user_mode(regs)) {
		sprint_symbol(s->symbol, instruction_pointer(regs));
		s->inside += strstr(s->symbol, "[ivring]") != NULL;
	}
	emit(s, STREAM_TIMER, s->nested_buf);
	irq_work_queue(&s->irq_work);
	hrtimer_forward_now(timer, ns_to_ktime(TIMER_NS));
	return HRTIMER_RESTART;
}

static void setup_timer(struct hrtimer *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, on_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = on_timer;
#endif
}

static int run_stream(unsigned int count, struct result *result)
{
	struct streams *s = kvzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->cpu = raw_smp_processor_id(); /* the caller is pinned */
	/* A hard one: in a thread, as on PREEMPT_RT, it would share the timer's buffer. */
	s->irq_work = IRQ_WORK_INIT_HARD(on_irq_work);
	setup_timer(&s->timer);
	hrtimer_start(&s->timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
	while (s->next[STREAM_TASK] < count && !s->failed) {
		emit(s, STREAM_TASK, s->task_buf);
		cond_resched();
	}
	hrtimer_cancel(&s->timer);
	irq_work_sync(&s->irq_work);
	scnprintf(result->text, sizeof(result->text),
		  "cpu=%u task=%u timer=%u irq_work=%u bytes=%lu failed=%lu inside=%lu\n", s->cpu,
		  s->next[STREAM_TASK], s->next[STREAM_TIMER], s->next[STREAM_IRQ_WORK], s->bytes,
		  s->failed, s->inside);
	kvfree(s);
	return 0;
}

/* Writes as many short messages as it can, one after the other. */
static int run_burst(unsigned int count, struct result *result)
{
	static const char text[] = "one of very many\n";
	unsigned int written = 0, i;

	for (i = 0; i < count; i++) {
		written += ivring_write(0, text, sizeof(text) - 1) == (int)sizeof(text) - 1;
		if (i % 64 == 0)
			cond_resched();
	}
	scnprintf(result->text, sizeof(result->text), "written=%u\n", written);
	return 0;
}

/* A kernel thread that writes until it is stopped, whether there is a device or not. */
struct loop {
	unsigned long written;
	unsigned long no_device;
	unsigned long other;
	struct completion done;
};

static bool stop_loops;

static int loop_thread(void *data)
{
	static const char text[] = "from a kernel thread\n";
	struct loop *loop = data;
	int ret;

	while (!READ_ONCE(stop_loops)) {
		ret = ivring_write(0, text, sizeof(text) - 1);
		if (ret == (int)sizeof(text) - 1)
			loop->written++;
		else if (ret == -ENODEV)
			loop->no_device++;
		else
			loop->other++;
		cond_resched();
	}
	complete(&loop->done);
	return 0;
}

static int run_stop(unsigned int stop, struct result *result)
{
	WRITE_ONCE(stop_loops, stop != 0);
	return 0;
}

static int run_loop(unsigned int unused, struct result *result)
{
	struct loop loop = { };
	struct task_struct *task;

	init_completion(&loop.done);
	task = kthread_run(loop_thread, &loop, "ivring_test");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&loop.done);
	scnprintf(result->text, sizeof(result->text), "written=%lu no_device=%lu other=%lu\n",
		  loop.written, loop.no_device, loop.other);
	return 0;
}

static int run_errors(unsigned int unused, struct result *result)
{
	const size_t most = MESSAGE_BYTES_MAX;
	char *big = kvzalloc(most + 1, GFP_KERNEL);

	if (!big)
		return -ENOMEM;
	memset(big, 'x', most);
	big[most - 1] = '\n';
	scnprintf(result->text, sizeof(result->text),
		  "unknown=%d negative=%d beyond=%d null=%d empty=%d nothing=%d long=%d\n",
		  ivring_write(7, "x", 1), ivring_write(-1, "x", 1), ivring_write(1000, "x", 1),
		  ivring_write(0, NULL, 1), ivring_write(0, "x", 0), ivring_write(0, NULL, 0),
		  ivring_write(0, big, most + 1));
	kvfree(big);
	return 0;
}

/* Kills its caller: the driver faults half-way through a write. */
static int run_die(unsigned int bytes, struct result *result)
{
	return ivring_write(0, (const void *)0x0bad000000000000UL, bytes);
}

static struct task_struct *victim;

static void on_between(struct irq_work *work)
{
	static const char text[] = "between two parts\n";

	ivring_write(0, text, sizeof(text) - 1);
}

static struct irq_work between = IRQ_WORK_INIT_HARD(on_between);

/* Comes after the first part of the victim's message. */
static int on_commit_end(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (current != victim)
		return 0;
	victim = NULL;
	irq_work_queue(&between);
	return 0;
}

static struct kretprobe commit_end = {
	.kp.symbol_name = "ivring_ring_commit",
	.handler = on_commit_end,
};

/*
 * Kills its caller in a later part of a message: nothing is behind the memory that the
 * first parts come from. An interrupt has written between the first two parts, when nobody
 * was inside the ring. The probe is left: whoever dies cannot remove it; see run_forget().
 */
static int run_die_later(unsigned int unused, struct result *result)
{
	const size_t bytes = SZ_64K;
	void *text = vmalloc(bytes);
	int ret;

	if (!text)
		return -ENOMEM;
	memset(text, 'd', bytes);
	ret = register_kretprobe(&commit_end);
	if (!ret) {
		WRITE_ONCE(victim, current);
		ret = ivring_write(0, text, 2 * bytes);
	}
	vfree(text);
	return ret;
}

static int run_forget(unsigned int unused, struct result *result)
{
	unregister_kretprobe(&commit_end);
	irq_work_sync(&between);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(unsigned int number, struct result *result);
} commands[] = {
	{ "stream", run_stream },
	{ "burst", run_burst },
	{ "loop", run_loop },
	{ "stop", run_stop },
	{ "errors", run_errors },
	{ "die", run_die },
	{ "die_later", run_die_later },
	{ "forget", run_forget },
};

static ssize_t test_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct result *result = file->private_data;
	char line[64] = "", name[32];
	unsigned int number, i;
	int ret = -EINVAL;

	if (size >= sizeof(line) || copy_from_user(line, from, size))
		return -EFAULT;
	if (sscanf(line, "%31s %u", name, &number) != 2)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			ret = commands[i].run(number, result);
	return ret ? ret : (ssize_t)size;
}

static ssize_t test_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct result *result = file->private_data;

	return simple_read_from_buffer(to, size, pos, result->text, strlen(result->text));
}

static int test_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct result), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int test_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.read = test_read,
	.write = test_write,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ivring_test",
	.fops = &test_fops,
};
module_misc_device(test_misc);

MODULE_DESCRIPTION("Test only: drives ivring_write()");
MODULE_LICENSE("Dual MIT/GPL");
