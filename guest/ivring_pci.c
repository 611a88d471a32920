// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus glue: QEMU's ivshmem device, in its plain and its doorbell form. They
 * share one id; only the doorbell form has MSI-X, which is not used yet.
 */
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "ivring_driver.h"

#define IVSHMEM_DEVICE_ID	0x1110
#define IVSHMEM_MEMORY_BAR	2

static int ivring_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct resource *bar = &pdev->resource[IVSHMEM_MEMORY_BAR];
	enum ivring_memory_type type;
	void *base;
	int ret;

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
	return ivring_device_start(&pdev->dev, base, resource_size(bar), type);
}

static const struct pci_device_id ivring_pci_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, IVSHMEM_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ivring_pci_ids);

static struct pci_driver ivring_pci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = ivring_pci_ids,
	.probe = ivring_pci_probe,
};
module_pci_driver(ivring_pci_driver);

MODULE_DESCRIPTION("Records messages into a ring shared with the host");
MODULE_LICENSE("GPL");
