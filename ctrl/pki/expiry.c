// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/pki/expiry.h"

#include <stdio.h>
#include <time.h>

#include "ctrl/pki/certificate.h"

#define DAY_S	  86400
#define DATE_MAX  32
#define SHOWN_MAX 300 /* octets of a name, and of a file's */

static const char *date_str(int64_t s, char buf[DATE_MAX])
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	strftime(buf, DATE_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return buf;
}

/* "certificate C=CH, CN=moon", or "CRL". */
static void name_of(const struct cert_conf *cert, char *buf, size_t room)
{
	char name[CERTIFICATE_STR_MAX];
	struct certificate *c;
	struct error e;

	if (cert->kind == CERT_CRL || certificate_read(cert->octets, &c, &e)) {
		snprintf(buf, room, "CRL");
		return;
	}
	snprintf(buf, room, "certificate %.*s", SHOWN_MAX,
		 certificate_str(c, name));
	certificate_free(c);
}

static void say(const struct cert_conf *cert, const char *what, int64_t when_s,
		const char *remedy, struct error *out)
{
	char name[SHOWN_MAX + 16], date[DATE_MAX];

	name_of(cert, name, sizeof(name));
	error_set(out, 0, "%s (%.*s) %s %s; %s", name, SHOWN_MAX,
		  cert->from ? cert->from : "loaded over VICI", what,
		  date_str(when_s, date), remedy);
}

bool expiry_tell(const struct cert_conf *cert, int64_t now_s, struct error *out)
{
	const bool is_crl = cert->kind == CERT_CRL;
	const int64_t left_s = cert->not_after_s - now_s;
	char what[64];

	if (cert->kind == CERT_PUBKEY)
		return false;
	if (now_s < cert->not_before_s) {
		say(cert, "is not valid before", cert->not_before_s,
		    "check this machine's clock", out);
		return true;
	}
	if (left_s < 0) {
		say(cert, is_crl ? "was to be renewed until" : "has expired at",
		    cert->not_after_s,
		    is_crl ? "get the CA's present one"
			   : "have another one issued",
		    out);
		return true;
	}
	if (is_crl || left_s >= EXPIRY_SOON_S)
		return false;
	snprintf(what, sizeof(what), "expires in %d days, at",
		 (int)(left_s / DAY_S));
	say(cert, what, cert->not_after_s, "have another one issued", out);
	return true;
}
