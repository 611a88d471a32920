// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sample: reports to the host, through the rings of /dev/ivringN, every network
 * interface that comes, goes or changes its state.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>

#include "ivring.h"

static int device;
module_param(device, int, 0444);
MODULE_PARM_DESC(device, "the N of /dev/ivringN; 0 by default");

static int on_event(struct notifier_block *nb, unsigned long event, void *info)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(info);
	char text[64 + IFNAMSIZ];
	int bytes, ret;

	bytes = scnprintf(text, sizeof(text), "net %s: %s\n", netdev_name(dev),
			  netdev_cmd_to_name(event));
	/* May be called in any context; returns bytes, or a negative error. */
	ret = ivring_write(device, text, bytes);
	if (ret < 0)
		pr_warn_once("ivring_sample: /dev/ivring%d: %d\n", device, ret);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = on_event,
};

static int __init sample_init(void)
{
	/* This also calls on_event() for the interfaces that are there already. */
	return register_netdevice_notifier(&notifier);
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}
module_exit(sample_exit);

MODULE_DESCRIPTION("Sample: network interfaces' changes into an ivring");
MODULE_LICENSE("GPL");
