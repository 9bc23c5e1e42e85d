/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates that a configuration names, and those that lie in folders beside it, as
 * swanctl.conf(5) has them: x509/, x509ca/, x509ocsp/, x509crl/ and pubkey/, in the
 * folder of each file that the configuration was read from. Or octets, where it came as a
 * message. Control thread.
 */
#ifndef CYG_CONF_CERT_FILES_H
#define CYG_CONF_CERT_FILES_H

#include "ctrl/conf/tree.h"
#include "ctrl/model/cert_list.h"

struct cert_source {
	/* Of whose files' folders; NULL: no file is read. */
	const struct config *files;
	struct cert_list *to; /* what is read */
};

/* Which of them a key names: an array of at most max, n so far. */
struct cert_names {
	struct fingerprint *at;
	size_t *n;
	size_t max;
};

/*
 * What the value names: names of files, relative to the kind's folders or absolute, and
 * of each the first certificate; or octets.
 *
 * 0, or negative with e filled: no such file, what file_read() says of one, what is wrong
 * with what is in it, more than max.
 */
int cert_files_take(const struct cert_source *src, const struct value *v,
		    enum cert_kind kind, const struct cert_names *out,
		    struct error *e);

/* Likewise `file`: one, by an absolute path. */
int cert_files_take_file(const struct cert_source *src, const struct value *v,
			 enum cert_kind kind, const struct cert_names *out,
			 struct error *e);

/*
 * All files of all folders. Names that begin with a dot, and what is no file, are left
 * alone, as in strongSwan; a folder that is not there has nothing in it.
 *
 * 0, or negative with e filled, which begins with the file's path.
 */
int cert_files_read_folders(const struct cert_source *src, struct error *e);

#endif
