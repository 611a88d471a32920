// SPDX-License-Identifier: MIT
/*
 * Test only: interrupts and kills probes of the driver in the middle, when a record is
 * built and not yet in the ring. Writing "nest N" to /dev/ivring_tap_test makes N events
 * kmem:kmalloc of NEST_OUTER bytes, each of which is interrupted by one of NEST_INNER
 * bytes. Writing "die 1" kills the writer within such an event; then "forget 1" is needed.
 * "leave N" makes N events of NEST_OUTER bytes whose probes never end, as if their tasks
 * had died there, and "fill N" one which is interrupted by N of NEST_INNER bytes that never
 * end: no interrupt really goes that deep, and so many deaths would take too long.
 */
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define NEST_OUTER	111
#define NEST_INNER	222

static struct task_struct *victim;
static bool dies, leaves;
static unsigned int interrupts, fills;

static void allocate(size_t bytes)
{
	void *p = kmalloc(bytes, GFP_ATOMIC);

	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
}

/* Makes events whose probes do not end. */
static void leave_all(size_t bytes, unsigned int count)
{
	unsigned int i;

	leaves = true;
	WRITE_ONCE(victim, current);
	for (i = 0; i < count; i++)
		allocate(bytes);
	WRITE_ONCE(victim, NULL);
	leaves = false;
}

static void on_interrupt(struct irq_work *work)
{
	interrupts++;
	if (fills)
		leave_all(NEST_INNER, fills);
	else
		allocate(NEST_INNER);
}

static struct irq_work interrupt = IRQ_WORK_INIT_HARD(on_interrupt);

/* Returns from the function at whose first instruction this is. */
static void leave_function(struct pt_regs *regs)
{
#ifdef CONFIG_X86_64
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(unsigned long);
#else
	regs->pc = regs->regs[30];
#endif
}

/*
 * Comes before the first instruction of ivring_tap_end(), at the victim's first event, or
 * at all of them if they are to be left.
 */
static int on_tap_end(struct kprobe *probe, struct pt_regs *regs)
{
	if (current != victim)
		return 0;
	if (leaves) {
		leave_function(regs);
		return 1;
	}
	victim = NULL;
	if (!dies) {
		irq_work_queue(&interrupt);
		return 0;
	}
	/* The first argument becomes a bad address. */
#ifdef CONFIG_X86_64
	regs->di = 0x0bad000000000000UL;
#else
	regs->regs[0] = 0x0bad000000000000UL;
#endif
	return 0;
}

/* With this, the kernel makes no jump of the probe, which could not leave the function. */
static void after_first(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe tap_end = {
	.symbol_name = "ivring_tap_end",
	.pre_handler = on_tap_end,
	.post_handler = after_first,
};

/* Registering fills in what must be empty when it is registered once more. */
static int hook(bool to_die)
{
	dies = to_die;
	tap_end.addr = NULL;
	tap_end.flags = 0;
	return register_kprobe(&tap_end);
}

static int nest(unsigned int count)
{
	unsigned int i;
	int ret = hook(false);

	if (ret)
		return ret;
	interrupts = 0;
	for (i = 0; i < count; i++) {
		WRITE_ONCE(victim, current);
		allocate(NEST_OUTER);
		irq_work_sync(&interrupt);
	}
	unregister_kprobe(&tap_end);
	return interrupts == count ? 0 : -EIO;
}

static int leave(unsigned int count)
{
	int ret = hook(false);

	if (ret)
		return ret;
	leave_all(NEST_OUTER, count);
	unregister_kprobe(&tap_end);
	return 0;
}

static int fill(unsigned int count)
{
	int ret;

	fills = count;
	ret = nest(1);
	fills = 0;
	return ret;
}

/* The kprobe is left: whoever dies cannot remove it. */
static int die(unsigned int unused)
{
	int ret = hook(true);

	if (ret)
		return ret;
	WRITE_ONCE(victim, current);
	allocate(NEST_OUTER);
	return -EIO;
}

static int forget(unsigned int unused)
{
	unregister_kprobe(&tap_end);
	return 0;
}

static ssize_t test_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char line[64] = "", name[32];
	unsigned int number;
	int ret = -EINVAL;

	if (size >= sizeof(line) || copy_from_user(line, from, size))
		return -EFAULT;
	if (sscanf(line, "%31s %u", name, &number) != 2)
		return -EINVAL;
	if (!strcmp(name, "nest"))
		ret = nest(number);
	else if (!strcmp(name, "leave"))
		ret = leave(number);
	else if (!strcmp(name, "fill"))
		ret = fill(number);
	else if (!strcmp(name, "die"))
		ret = die(number);
	else if (!strcmp(name, "forget"))
		ret = forget(number);
	return ret ? ret : (ssize_t)size;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.write = test_write,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ivring_tap_test",
	.fops = &test_fops,
};
module_misc_device(test_misc);

MODULE_DESCRIPTION("Test only: interrupts and kills the driver's probes");
MODULE_LICENSE("Dual MIT/GPL");
