// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI driver of QEMU's ivshmem device, in its plain and its doorbell form. Both
 * have the same id; only the doorbell form has MSI-X. The driver does not use MSI-X,
 * because the host never interrupts the guest.
 */
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include <linux/cc_platform.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include "core/device_choice.h"
#include "ivring_driver.h"

#define IVSHMEM_DEVICE_ID	0x1110
#define IVSHMEM_REGISTER_BAR	0
#define IVSHMEM_MEMORY_BAR	2
/* Offset of the doorbell register, which takes a peer's number << 16 | its vector. */
#define IVSHMEM_DOORBELL	12

static bool doorbell = true;
module_param(doorbell, bool, 0444);
MODULE_PARM_DESC(doorbell, "wake a host that waits for records, if the device can (default yes)");

static struct ivring_wish wish = { .devices = "" };
module_param_named(devices, wish.devices, charp, 0444);
MODULE_PARM_DESC(devices, "the PCI devices to take, by their full names: 0000:01:00.0,...; empty (default) for all whose memory is empty or ours");
module_param_named(force, wish.force, bool, 0444);
MODULE_PARM_DESC(force, "format the memory of what devices= names, whatever it holds (default no)");
module_param_named(confidential, wish.confidential, bool, 0444);
MODULE_PARM_DESC(confidential, "record in a guest whose memory is kept from its host (SEV, TDX, ...) too: the host reads all that is recorded (default no)");

/* Finds out whether the host cannot read the guest's memory. A test replaces it. */
static noinline bool ivring_is_confidential(void)
{
	/*
	 * An Arm CCA guest (a realm) has only the wider attribute, which on x86 a
	 * bare host with SME has, too.
	 */
	return cc_platform_has(IS_ENABLED(CONFIG_ARM64) ?
			       CC_ATTR_MEM_ENCRYPT : CC_ATTR_GUEST_MEM_ENCRYPT);
}

/* Maps the doorbell; returns NULL if there is none or none is wanted: the host polls then. */
static void __iomem *map_doorbell(struct pci_dev *pdev)
{
	struct resource *bar = &pdev->resource[IVSHMEM_REGISTER_BAR];
	void __iomem *registers;

	if (!doorbell || !pci_find_capability(pdev, PCI_CAP_ID_MSIX))
		return NULL;
	if (!(pci_resource_flags(pdev, IVSHMEM_REGISTER_BAR) & IORESOURCE_MEM) ||
	    pci_resource_len(pdev, IVSHMEM_REGISTER_BAR) < IVSHMEM_DOORBELL + sizeof(u32) ||
	    !devm_request_mem_region(&pdev->dev, bar->start, resource_size(bar),
				     KBUILD_MODNAME)) {
		pci_warn(pdev, "BAR0 %pR cannot be used: no doorbell\n", bar);
		return NULL;
	}
	registers = pcim_iomap(pdev, IVSHMEM_REGISTER_BAR, 0);
	if (!registers) {
		pci_warn(pdev, "cannot map BAR0 %pR: no doorbell\n", bar);
		return NULL;
	}
	return registers + IVSHMEM_DOORBELL;
}

static int ivring_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct resource *bar = &pdev->resource[IVSHMEM_MEMORY_BAR];
	enum ivring_memory_type type;
	enum ivring_choice choice;
	void *base;
	int ret;

	/* Decide before the device is touched in any way. */
	choice = ivring_choose(&wish, pci_name(pdev), ivring_is_confidential());
	if (choice == IVRING_CHOICE_OTHER) {
		pci_info(pdev, "not among devices=%s: left alone\n", wish.devices);
		return -ENODEV;
	}
	if (choice == IVRING_CHOICE_CONFIDENTIAL) {
		pci_err(pdev, "this guest's memory is kept from its host, and what is recorded would be handed over: left alone; confidential=1 allows it\n");
		return -ENODEV;
	}
	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot enable the device\n");
	if (!(pci_resource_flags(pdev, IVSHMEM_MEMORY_BAR) & IORESOURCE_MEM) ||
	    !pci_resource_len(pdev, IVSHMEM_MEMORY_BAR))
		return dev_err_probe(&pdev->dev, -ENODEV, "BAR2 is no memory\n");
	if (!devm_request_mem_region(&pdev->dev, bar->start, resource_size(bar), KBUILD_MODNAME))
		return dev_err_probe(&pdev->dev, -EBUSY, "BAR2 %pR is in use\n", bar);
	base = ivring_memory_map(&pdev->dev, bar, &type);
	if (IS_ERR(base))
		return dev_err_probe(&pdev->dev, PTR_ERR(base), "cannot map BAR2 %pR\n", bar);
	return ivring_device_start(&pdev->dev, base, resource_size(bar), type,
				   map_doorbell(pdev), choice == IVRING_CHOICE_FORCE);
}

/*
 * Suspends as late as possible, and resumes as early as possible, so that the messages
 * of the kernel in between are recorded at once. The memory can be accessed until the
 * PCI bus itself suspends the device.
 */
static int ivring_pci_suspend(struct device *dev)
{
	ivring_device_suspend(dev_get_drvdata(dev));
	return 0;
}

static int ivring_pci_resume(struct device *dev)
{
	ivring_device_resume(dev_get_drvdata(dev));
	return 0;
}

static const struct dev_pm_ops ivring_pci_pm = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(ivring_pci_suspend, ivring_pci_resume)
};

static const struct pci_device_id ivring_pci_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, IVSHMEM_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ivring_pci_ids);

static struct pci_driver ivring_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ivring_pci_ids,
	.probe = ivring_pci_probe,
	.driver.pm = pm_sleep_ptr(&ivring_pci_pm),
};
static int __init ivring_pci_init(void)
{
	u32 bytes;
	const char *wrong = ivring_choice_wrong(wish.devices, &bytes);

	/* Rather take no device at all than one that was not meant. */
	if (wrong) {
		pr_err("devices=%s: \"%.*s\" is no full PCI name such as 0000:01:00.0\n",
		       wish.devices, (int)bytes, wrong);
		return -EINVAL;
	}
	return pci_register_driver(&ivring_pci_driver);
}
module_init(ivring_pci_init);

static void __exit ivring_pci_exit(void)
{
	pci_unregister_driver(&ivring_pci_driver);
}
module_exit(ivring_pci_exit);

MODULE_DESCRIPTION("Records logs, events and messages into rings shared with the host");
MODULE_AUTHOR("The IVRing project");
MODULE_VERSION(IVRING_DRIVER_VERSION);
MODULE_LICENSE("GPL");
