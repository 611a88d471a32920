// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/misc/ivringN: files that show the state of a region, and the switch for
 * the kernel's events. The files are removed before what they show, and removing them
 * waits for everyone who is reading one.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ivring_driver.h"

#define LINE_BYTES	102	/* a line's length in the file "rings" */
#define EVENT_BYTES	256	/* enough for any SYSTEM:NAME */

static struct ivring_device *device_of(struct device *dev)
{
	return container_of(dev_get_drvdata(dev), struct ivring_device, misc);
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", ivring_mode_name(device_of(dev)));
}
static DEVICE_ATTR_RO(mode);

static ssize_t doorbells_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct ivring_doorbell *bell = device_of(dev)->bell;

	if (!bell)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%llu\n", ivring_doorbell_count(bell));
}
static DEVICE_ATTR_RO(doorbells);

static ssize_t memory_type_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", ivring_memory_name(device_of(dev)->memory_type));
}
static DEVICE_ATTR_RO(memory_type);

static ssize_t clock_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return ivring_clock_show(device_of(dev)->clock_id, buf);
}
static DEVICE_ATTR_RO(clock);

/* Shows the session as the host sees it; nothing in the driver depends on it. */
static ssize_t session_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct ivring_region_header *shared = device_of(dev)->base;

	return sysfs_emit(buf, "%016llx\n", le64_to_cpu(READ_ONCE(shared->session_id)));
}
static DEVICE_ATTR_RO(session);

static ssize_t epoch_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(device_of(dev)->rings[0]->epoch));
}
static DEVICE_ATTR_RO(epoch);

static ssize_t records_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct ivring_device *ivd = device_of(dev);
	u64 sum = 0;
	u32 i;

	for (i = 0; i < ivd->nr_rings; i++)
		sum += READ_ONCE(ivd->rings[i]->commit_seq);
	return sysfs_emit(buf, "%llu\n", sum);
}
static DEVICE_ATTR_RO(records);

static ssize_t drops_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct ivring_device *ivd = device_of(dev);
	u64 sum = 0;
	u32 i;

	for (i = 0; i < ivd->nr_rings; i++)
		sum += READ_ONCE(ivd->rings[i]->dropped);
	return sysfs_emit(buf, "%llu\n", sum);
}
static DEVICE_ATTR_RO(drops);

static ssize_t klog_skipped_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(device_of(dev)->log.skipped));
}
static DEVICE_ATTR_RO(klog_skipped);

static ssize_t trace_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(device_of(dev)->export.on));
}

static ssize_t trace_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	bool on;
	int ret = kstrtobool(buf, &on);

	if (!ret)
		ret = ivring_export_set(device_of(dev), on);
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(trace);

static ssize_t trace_exported_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u64 exported, skipped;

	ivring_export_count(device_of(dev), &exported, &skipped);
	return sysfs_emit(buf, "%llu\n", exported);
}
static DEVICE_ATTR_RO(trace_exported);

static ssize_t trace_skipped_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u64 exported, skipped;

	ivring_export_count(device_of(dev), &exported, &skipped);
	return sysfs_emit(buf, "%llu\n", skipped);
}
static DEVICE_ATTR_RO(trace_skipped);

static ssize_t trace_stack_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const unsigned long *events = device_of(dev)->export.stacks.events;
	unsigned long id;
	int at = 0;

	if (!events)
		return 0;
	for_each_set_bit(id, events, IVRING_ID_KERNEL_MAX + 1)
		at += sysfs_emit_at(buf, at, "%lu\n", id);
	return at;
}

static ssize_t trace_stack_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	int id, ret = kstrtoint(buf, 10, &id);

	if (!ret)
		ret = ivring_stack_choose(device_of(dev), id);
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(trace_stack);

/* Pointer to a binary attribute, which is constant since Linux 6.17. */
typedef typeof(*((struct attribute_group *)NULL)->bin_attrs) bin_attribute_ptr;

/* "SYSTEM:NAME" adds an event, "-SYSTEM:NAME" removes it, and "0" removes all. */
static int choose_probe(struct ivring_device *ivd, char *event)
{
	const bool on = event[0] != '-';
	char *name = event + !on;
	const char *system = strsep(&name, ":");

	if (!strcmp(event, "0")) {
		ivring_taps_forget(ivd);
		return 0;
	}
	return name ? ivring_tap_choose(ivd, system, name, on) : -EINVAL;
}

/* It may be longer than a page, which is the most that a usual attribute has. */
static ssize_t trace_probes_read(struct file *file, struct kobject *kobj, bin_attribute_ptr attr,
				 char *buf, loff_t offset, size_t bytes)
{
	char *lines = ivring_taps_list(device_of(kobj_to_dev(kobj)));
	ssize_t ret = -ENOMEM;

	if (lines)
		ret = memory_read_from_buffer(buf, bytes, &offset, lines, strlen(lines));
	kvfree(lines);
	return ret;
}

static ssize_t trace_probes_write(struct file *file, struct kobject *kobj, bin_attribute_ptr attr,
				  char *buf, loff_t offset, size_t bytes)
{
	char event[EVENT_BYTES];
	int ret;

	if (offset || bytes >= sizeof(event))
		return -EINVAL;
	memcpy(event, buf, bytes);
	event[bytes] = 0;
	ret = choose_probe(device_of(kobj_to_dev(kobj)), strim(event));
	return ret ? ret : bytes;
}
static BIN_ATTR_RW(trace_probes, 0);

/* Defines a file that shows one of the metadata area's counts. */
#define META_ATTR(name, field)							\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr,	\
			   char *buf)						\
{										\
	u64 used, size;								\
	u32 refused;								\
										\
	ivring_metadev_count(device_of(dev), &used, &size, &refused);		\
	return sysfs_emit(buf, "%llu\n", (u64)(field));				\
}										\
static DEVICE_ATTR_RO(name)

META_ATTR(meta_used, used);
META_ATTR(meta_size, size);
META_ATTR(meta_refused, refused);

/* Makes a line; all have the same length, so that a read can begin at any of them. */
static void ring_line(const struct ivring_device *ivd, u32 i, char *line)
{
	const struct ivring_ring *ring = ivd->rings[i];
	char name[16];

	if (ring->cpu == IVRING_CPU_NONE)
		snprintf(name, sizeof(name), "klog");
	else
		snprintf(name, sizeof(name), "cpu%u", ring->cpu);
	snprintf(line, LINE_BYTES + 1, "%-15s position %-20llu records %-20llu drops %-20llu\n",
		 name, READ_ONCE(ring->commit) & ~(u64)(IVRING_RECORD_ALIGN - 1),
		 READ_ONCE(ring->commit_seq), READ_ONCE(ring->dropped));
}

static ssize_t rings_read(struct file *file, struct kobject *kobj, bin_attribute_ptr attr,
			  char *buf, loff_t offset, size_t bytes)
{
	const struct ivring_device *ivd = device_of(kobj_to_dev(kobj));
	char line[LINE_BYTES + 1];
	size_t done = 0, part;
	u32 at;

	while (done < bytes && offset / LINE_BYTES < ivd->nr_rings) {
		ring_line(ivd, offset / LINE_BYTES, line);
		at = offset % LINE_BYTES;
		part = min_t(size_t, LINE_BYTES - at, bytes - done);
		memcpy(buf + done, line + at, part);
		done += part;
		offset += part;
	}
	return done;
}
static BIN_ATTR_RO(rings, 0);

static struct attribute *ivring_attrs[] = {
	&dev_attr_mode.attr,
	&dev_attr_doorbells.attr,
	&dev_attr_memory_type.attr,
	&dev_attr_clock.attr,
	&dev_attr_session.attr,
	&dev_attr_epoch.attr,
	&dev_attr_records.attr,
	&dev_attr_drops.attr,
	&dev_attr_klog_skipped.attr,
	&dev_attr_trace.attr,
	&dev_attr_trace_exported.attr,
	&dev_attr_trace_skipped.attr,
	&dev_attr_trace_stack.attr,
	&dev_attr_meta_used.attr,
	&dev_attr_meta_size.attr,
	&dev_attr_meta_refused.attr,
	NULL
};

static bin_attribute_ptr ivring_bin_attrs[] = {
	&bin_attr_rings,
	&bin_attr_trace_probes,
	NULL
};

static const struct attribute_group ivring_group = {
	.attrs = ivring_attrs,
	.bin_attrs = ivring_bin_attrs,
};

const struct attribute_group *ivring_groups[] = {
	&ivring_group,
	NULL
};
