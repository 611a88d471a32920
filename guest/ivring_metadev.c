// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ivringN-meta: each write() is one text for the metadata area. It is a device and
 * not a sysfs file, because sysfs files get long writes in pieces.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "ivring_driver.h"

static void free_texts(struct ivring_meta_text *text)
{
	struct ivring_meta_text *next;

	for (; text; text = next) {
		next = text->next;
		kvfree(text);
	}
}

static u64 clock_now(const struct ivring_device *ivd)
{
	u64 clock_value, utc_ns;

	ivring_clock_pair(ivd->clock_id, &clock_value, &utc_ns);
	return clock_value;
}

/* Publishes @text, and replaces it by the list of texts that are to be freed. */
static int publish(struct ivring_device *ivd, struct ivring_meta_text **text)
{
	struct ivring_publisher *pub = &ivd->publisher;
	int ret = -ENODEV;

	mutex_lock(&pub->lock);
	if (pub->ready)
		ret = ivring_meta_publish(&pub->area, text, clock_now(ivd));
	mutex_unlock(&pub->lock);
	return ret;
}

static ssize_t metadev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct ivring_device *ivd = iocb->ki_filp->private_data;
	const size_t size = iov_iter_count(from);
	struct ivring_meta_text *text;
	ssize_t ret;

	if (size == 0)
		return 0;
	if (size > IVRING_META_TEXT_BYTES_MAX)
		return -EFBIG;
	text = kvmalloc(struct_size(text, text, size), GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	text->next = NULL;
	text->bytes = size;
	if (copy_from_iter_full(text->text, size, from))
		ret = ivring_meta_parse(text);
	else
		ret = -EFAULT;
	if (!ret)
		ret = publish(ivd, &text);
	free_texts(text);
	return ret ? ret : size;
}

static int metadev_open(struct inode *inode, struct file *file)
{
	struct ivring_device *ivd = container_of(file->private_data, struct ivring_device,
						 publisher.misc);

	/* misc_deregister() waits for this function: the driver still holds its reference. */
	kref_get(&ivd->refs);
	file->private_data = ivd;
	return stream_open(inode, file);
}

static int metadev_release(struct inode *inode, struct file *file)
{
	ivring_device_put(file->private_data);
	return 0;
}

static const struct file_operations metadev_fops = {
	.owner = THIS_MODULE,
	.open = metadev_open,
	.release = metadev_release,
	.write_iter = metadev_write_iter,
};

void ivring_metadev_start(struct ivring_device *ivd, const struct ivring_geometry *geo)
{
	struct ivring_publisher *pub = &ivd->publisher;

	mutex_lock(&pub->lock);
	ivring_meta_start(&pub->area, ivd->base, geo, ivd->rings[0]->epoch, clock_now(ivd));
	pub->ready = true;
	mutex_unlock(&pub->lock);
}

void ivring_metadev_stop(struct ivring_device *ivd)
{
	mutex_lock(&ivd->publisher.lock);
	ivd->publisher.ready = false;
	mutex_unlock(&ivd->publisher.lock);
}

void ivring_metadev_count(struct ivring_device *ivd, u64 *used, u64 *size, u32 *refused)
{
	struct ivring_publisher *pub = &ivd->publisher;

	mutex_lock(&pub->lock);
	*used = pub->area.used;
	*size = pub->area.part_bytes;
	*refused = pub->area.refused;
	mutex_unlock(&pub->lock);
}

/* Files may still be open after this; their writes fail, because @ready is false. */
static void metadev_remove(void *data)
{
	struct ivring_device *ivd = data;

	misc_deregister(&ivd->publisher.misc);
	ivring_metadev_stop(ivd);
	free_texts(ivring_meta_take(&ivd->publisher.area));
}

int ivring_metadev_add(struct ivring_device *ivd, const struct ivring_geometry *geo)
{
	struct ivring_publisher *pub = &ivd->publisher;
	int ret;

	mutex_init(&pub->lock);
	snprintf(pub->name, sizeof(pub->name), "ivring%d-meta", ivd->id);
	pub->misc.minor = MISC_DYNAMIC_MINOR;
	pub->misc.name = pub->name;
	pub->misc.fops = &metadev_fops;
	pub->misc.parent = ivd->dev;
	pub->misc.mode = 0600;
	ivring_metadev_start(ivd, geo);
	ret = misc_register(&pub->misc);
	if (ret)
		return ret;
	return devm_add_action_or_reset(ivd->dev, metadev_remove, ivd);
}
