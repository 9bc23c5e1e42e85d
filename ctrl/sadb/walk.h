/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF's walk through a policy list (include/classify.h), over an image in
 * memory. For the files of the classifier.
 */
#ifndef CYG_SADB_WALK_H
#define CYG_SADB_WALK_H

#include "ctrl/sadb/classify.h"
#include "include/classify.h"

static inline const struct spd_block *image_block(const void *of, uint32_t index)
{
	const struct spd_image *image = of;

	return index < image->n ? &image->block[index] : NULL;
}

static inline struct spd_list image_list(const struct spd_image *image)
{
	return (struct spd_list){ image, image_block };
}

#endif
