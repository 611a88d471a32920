// SPDX-License-Identifier: GPL-2.0-only
/* Starts and ends the use of a region. Independent of the bus. */
#include <linux/device.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/utsname.h>

#include "ivring_driver.h"

static uint block_bytes;
module_param(block_bytes, uint, 0444);
MODULE_PARM_DESC(block_bytes, "block size, a power of two from 4096 to 65536; 0 (default) to choose one that fits");

static void stop_beating(void *data)
{
	struct ivring_device *ivd = data;

	if (!ivd->aside)
		ivring_beat_stop(ivd, IVRING_STATE_UNLOADED);
}

static void table_remove_action(void *ivd)
{
	ivring_table_remove(ivd);
}

static int plan(struct device *dev, const struct ivring_config *cfg, struct ivring_geometry *geo)
{
	int ret = ivring_region_plan(cfg, geo);
	u64 needs;

	if (ret == -ENOSPC) {
		needs = ivring_region_needs(cfg->nr_trace, cfg->block_bytes);
		dev_err(dev, "region too small: %u CPUs need at least %llu MiB, this is %llu KiB\n",
			cfg->nr_trace, max_t(u64, roundup_pow_of_two(needs), SZ_1M) / SZ_1M,
			cfg->region_bytes / SZ_1K);
	} else if (ret && cfg->block_bytes && (!is_power_of_2(cfg->block_bytes) ||
					       cfg->block_bytes < IVRING_BLOCK_BYTES_MIN ||
					       cfg->block_bytes > IVRING_BLOCK_BYTES_MAX)) {
		dev_err(dev, "block_bytes=%u: a block has a power of two from %u to %u bytes\n",
			cfg->block_bytes, IVRING_BLOCK_BYTES_MIN, IVRING_BLOCK_BYTES_MAX);
	} else if (ret) {
		dev_err(dev, "cannot divide %llu bytes among %u CPUs (block_bytes=%u)\n",
			cfg->region_bytes, cfg->nr_trace, cfg->block_bytes);
	}
	return ret;
}

/* Makes the device usable; these steps are undone in the opposite order. */
static int publish(struct ivring_device *ivd)
{
	int ret;

	ivring_beat_start(ivd);
	ret = devm_add_action_or_reset(ivd->dev, stop_beating, ivd);
	if (ret)
		return ret;
	ret = ivring_table_add(ivd);
	if (ret)
		return dev_err_probe(ivd->dev, ret, "more than %d regions\n", IVRING_DEVICES_MAX);
	ret = devm_add_action_or_reset(ivd->dev, table_remove_action, ivd);
	if (ret)
		return ret;
	ret = ivring_follow_start(ivd);
	if (ret)
		return ret;
	ret = ivring_export_add(ivd);
	if (ret)
		return ret;
	ret = ivring_metadev_add(ivd, &ivd->geometry);
	if (ret)
		return ret;
	return ivring_chrdev_add(ivd);
}

int ivring_device_start(struct device *dev, void *base, u64 bytes, enum ivring_memory_type type,
			void __iomem *doorbell, bool force)
{
	struct ivring_config cfg = {
		.region_bytes = min_t(u64, bytes, IVRING_REGION_BYTES_MAX),
		/*
		 * A ring for each number up to the highest possible CPU's: ring i is
		 * CPU i's, so that the hot path needs no table. If the possible mask
		 * has holes, their rings stay empty; x86 and arm64 have no holes.
		 */
		.nr_trace = nr_cpu_ids,
		.block_bytes = block_bytes,
		.clock_id = ivring_clock_select(dev),
		.takeover = IVRING_TAKEOVER_BOOT,
		.kernel_release = init_utsname()->release,
		.driver_version = IVRING_DRIVER_VERSION,
		.write_combining = type != IVRING_MEMORY_CACHED,
		.lossless = ivring_mode_is_lossless(dev),
	};
	struct ivring_geometry geo;
	struct ivring_device *ivd;
	struct ivring_left left;
	bool continued;
	int ret;

	ret = plan(dev, &cfg, &geo);
	if (ret)
		return ret;
	ivd = ivring_device_alloc(dev, geo.nr_rings);
	if (!ivd)
		return -ENOMEM;
	cfg.clock_hz = ivring_clock_hz(cfg.clock_id);
	cfg.boot_id = ivd->boot_id;
	cfg.guest_name = ivd->start_name;
	ivd->base = base;
	ivd->config = cfg;
	ivd->geometry = geo;
	ivd->memory_type = type;
	ivd->force = force;
	ivd->clock_id = cfg.clock_id;
	ret = ivring_bell_alloc(ivd, doorbell);
	if (ret)
		return ret;
	ret = ivring_rings_alloc(ivd);
	if (ret)
		return ret;
	ret = ivring_log_init(ivd);
	if (ret)
		return ret;

	ret = ivring_attach(ivd, &left, &continued);
	if (ret)
		return ret;
	/* force=1 was meant for what the memory holds now, not for what it holds at a resume. */
	ivd->force = false;
	ivring_log_unpark(ivd, &left, continued);
	ret = publish(ivd);
	if (ret)
		return ret;
	dev_set_drvdata(dev, ivd);
	dev_info(dev, "%s: %llu KiB %s, %u rings and the kernel log's, blocks of %u bytes, clock %s, session %s, %s%s\n",
		 ivd->name, geo.region_bytes / SZ_1K, ivring_memory_name(type), geo.nr_rings - 1,
		 geo.block_bytes, cfg.clock_id == IVRING_CLOCK_TSC ? "tsc" : "mono",
		 continued ? "continued" : "new", cfg.lossless ? "lossless" : "overwrite",
		 doorbell ? ", doorbell" : "");
	return 0;
}
