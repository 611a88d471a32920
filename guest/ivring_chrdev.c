// SPDX-License-Identifier: GPL-2.0-only
/* /dev/ivringN: each write() or writev() records one message. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/user_namespace.h>

#include "ivring_driver.h"

/* Most messages are short, and an allocation would cost as much as all the rest. */
#define SHORT_BYTES	256

static uint program_percent = 25;

static int set_percent(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, 100);
}

static const struct kernel_param_ops percent_ops = {
	.set = set_percent,
	.get = param_get_uint,
};

module_param_cb(program_percent, &percent_ops, &program_percent, 0644);
MODULE_PARM_DESC(program_percent, "of a CPU's ring, that programs without CAP_SYSLOG may fill at once, and in four seconds: 1 to 100, default 25; 0 for no bound");

/*
 * struct opener - an open file
 * @ivd: its device
 * @bounded: it was opened without CAP_SYSLOG; a holder of that may clear the
 *	kernel's log anyway
 */
struct opener {
	struct ivring_device *ivd;
	bool bounded;
};

static int ivring_open(struct inode *inode, struct file *file)
{
	struct ivring_device *ivd = container_of(file->private_data, struct ivring_device, misc);
	struct opener *opener = kmalloc(sizeof(*opener), GFP_KERNEL_ACCOUNT);

	if (!opener)
		return -ENOMEM;
	/* misc_deregister() waits for this function: the driver still holds its reference. */
	kref_get(&ivd->refs);
	opener->ivd = ivd;
	opener->bounded = !ns_capable_noaudit(&init_user_ns, CAP_SYSLOG);
	file->private_data = opener;
	return stream_open(inode, file);
}

static int ivring_release(struct inode *inode, struct file *file)
{
	struct opener *opener = file->private_data;

	ivring_device_put(opener->ivd);
	kfree(opener);
	return 0;
}

/*
 * Returns a buffer for a message, @on_stack if that is long enough, or NULL. Everything is
 * copied before a place is claimed: a page fault in between would hold the ring up, and a
 * program could change what the host already sees.
 */
static void *take_buffer(u8 *on_stack, size_t size)
{
	return likely(size <= SHORT_BYTES) ? on_stack : kvmalloc(size, GFP_KERNEL);
}

/* Records the message in @buf, unless it was not copied there, and gives the buffer back. */
static __always_inline ssize_t record(const struct opener *opener, void *buf,
				      const u8 *on_stack, size_t size, bool copied)
{
	const u32 percent = opener->bounded ? READ_ONCE(program_percent) : 0;
	ssize_t ret = -EFAULT;

	if (likely(copied))
		ret = ivring_device_write(opener->ivd, buf, size, percent);
	if (unlikely(buf != on_stack))
		kvfree(buf);
	return ret;
}

/* Serves write(). The kernel would serve it by ivring_write_iter(), for 120 instructions more. */
static ssize_t ivring_write_file(struct file *file, const char __user *from, size_t count,
				 loff_t *pos)
{
	const size_t size = min_t(size_t, count, IVRING_MESSAGE_BYTES_MAX);
	u8 on_stack[SHORT_BYTES] __uninitialized; /* only what was copied is read */
	void *buf = take_buffer(on_stack, size);

	if (!buf)
		return -ENOMEM;
	return record(file->private_data, buf, on_stack, size, !copy_from_user(buf, from, size));
}

/* Serves writev(), of which all parts are one message, and io_uring. */
static ssize_t ivring_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	const size_t size = min_t(size_t, iov_iter_count(from), IVRING_MESSAGE_BYTES_MAX);
	u8 on_stack[SHORT_BYTES] __uninitialized;
	void *buf = take_buffer(on_stack, size);

	if (!buf)
		return -ENOMEM;
	return record(iocb->ki_filp->private_data, buf, on_stack, size,
		      copy_from_iter_full(buf, size, from));
}

static const struct file_operations ivring_fops = {
	.owner = THIS_MODULE,
	.open = ivring_open,
	.release = ivring_release,
	.write = ivring_write_file,
	.write_iter = ivring_write_iter,
};

static void ivring_chrdev_remove(void *data)
{
	struct ivring_device *ivd = data;

	misc_deregister(&ivd->misc);
}

int ivring_chrdev_add(struct ivring_device *ivd)
{
	int ret;

	snprintf(ivd->name, sizeof(ivd->name), "ivring%d", ivd->id);
	ivd->misc.minor = MISC_DYNAMIC_MINOR;
	ivd->misc.name = ivd->name;
	ivd->misc.fops = &ivring_fops;
	ivd->misc.parent = ivd->dev;
	ivd->misc.groups = ivring_groups;
	ivd->misc.mode = 0600;
	ret = misc_register(&ivd->misc);
	if (ret)
		return ret;
	return devm_add_action_or_reset(ivd->dev, ivring_chrdev_remove, ivd);
}
