// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/cli/help_pki.h"

#define IN_HELP                                                                             \
	"  -i, --in=FILE            the same as FILE behind the command; without either,\n" \
	"                           or with -, standard input\n"
#define OUT_HELP                                                                        \
	"      --out=FILE           write it there, whole or not at all; without it,\n" \
	"                           to standard output\n"                               \
	"      --force              also in place of a file that is there\n"            \
	"      --outform=pem|der    (pem)\n"
#define PASSPHRASE_HELP                  \
	"      --passphrase-file=FILE\n" \
	"                           its first line is the passphrase of the key\n"
#define SIGN_HELP                                                                     \
	"      --digest=sha256|sha384|sha512\n"                                       \
	"                           of the signature; without it what fits the key\n" \
	"      --rsa-padding=pkcs1|pss\n"                                             \
	"                           of a signature by RSA (pkcs1)\n"
#define NAME_HELP                                                                     \
	"      --dn=NAME            subject, such as \"C=CH, O=Example, CN=moon\"\n"  \
	"      --san=NAME           subjectAltName: a host, mail or IP address, or\n" \
	"                           a distinguished name; may be there several times\n"
#define ISSUE_HELP                                                                           \
	"      --lifetime=DAYS      such as 365, or 12h (1095 days, or as long as the CA)\n" \
	"      --serial=HEX         serial number (128 random bits)\n"                       \
	"      --flag=USE           serverAuth, clientAuth, ikeIntermediate,\n"              \
	"                           ocspSigning or crlSign; may be there several times\n"    \
	"      --ca                 it may issue others\n"                                   \
	"      --pathlen=N          and below it are N CAs at most\n"                        \
	"      --crl=URI            where its CRL will be; may be there several times\n"     \
	"      --ocsp=URI           who will tell its status; likewise\n"

#define CMP_HELP                                                                           \
	"      --cmp=URL            the CA's server, http://HOST[:PORT]/PATH\n"            \
	"      --ref=NAME           by what the CA knows the secret\n"                     \
	"      --secret-file=FILE   its first line is the secret that protects messages\n" \
	"      --cert=FILE          the certificate that there is, with those above it,\n" \
	"      --key=FILE           and its key: they sign requests\n"                     \
	"      --cacert=FILE        CAs that are trusted to sign answers; may be there\n"  \
	"                           several times\n"                                       \
	"      --recipient=NAME     of the CA, where it wants to be named\n"               \
	"      --implicit-confirm   the CA need not be told that the certificate came\n"   \
	"  -t, --timeout=SECONDS    in all, however often the CA says to ask again (120)\n"

const char help_pki[] =
	"Usage: cygnet pki VERB [OPTIONS]\n"
	"\n"
	"Keys, requests, certificates and CRLs, for a lab's own CA and for what a CA of others\n"
	"wants. It asks no daemon. Verbs and options have the names of strongSwan's pki,\n"
	"where it has them; what is written is PEM.\n"
	"\n"
	"  gen       makes a private key\n"
	"  pub       the public key of a key, a request or a certificate\n"
	"  req       a request for a certificate (PKCS#10)\n"
	"  self      a certificate that is signed by its own key: a CA's, with --ca\n"
	"  issue     one that a CA signs, for a request or a public key\n"
	"  signcrl   a CA's list of certificates that it has revoked\n"
	"  print     shows any of these\n"
	"  verify    would a peer's certificate be good?\n"
	"  enroll    asks a CA for a certificate by CMP, or to revoke one\n"
	"  renew     has one renewed that ends soon\n"
	"\n"
	"Exit code: 0 fine; 1 it failed, or is not good; 2 wrong usage.\n"
	"\n"
	"Example: a CA, and a certificate for a gateway\n"
	"  cygnet pki gen --out ca.key\n"
	"  cygnet pki self --in ca.key --ca --dn \"O=Lab, CN=ca\" --out ca.crt\n"
	"  cygnet pki gen --out moon.key\n"
	"  cygnet pki req --in moon.key --dn \"O=Lab, CN=moon\" --san moon.lab --out moon.req\n"
	"  cygnet pki issue --in moon.req --cacert ca.crt --cakey ca.key --out moon.crt\n";

const char help_pki_gen[] =
	"Usage: cygnet pki gen [--type TYPE] [--size BITS] [--passphrase-file FILE] [--out FILE]\n"
	"\n"
	"Makes a private key and writes it as PKCS#8, for nobody else to read.\n"
	"\n"
	"      --type=rsa|ecdsa|ed25519|ed448\n"
	"                           (ecdsa)\n"
	"      --size=BITS          of RSA 2048 to 8192 (3072), of ECDSA 256, 384 or 521 (256)\n"
	"      --passphrase-file=FILE\n"
	"                           encrypt it; the passphrase is the first line of FILE\n" OUT_HELP
	"\n"
	"Example: one of RSA\n"
	"  cygnet pki gen --type rsa --size 4096 --out moon.key\n";

const char help_pki_pub[] =
	"Usage: cygnet pki pub [--out FILE] [FILE]\n"
	"\n"
	"Writes the public key of a private one, of a request or of a certificate.\n"
	"\n" IN_HELP PASSPHRASE_HELP OUT_HELP "\n"
	"Example:\n"
	"  cygnet pki pub --in moon.key --out moon.pub\n";

const char help_pki_req[] =
	"Usage: cygnet pki req --dn NAME [--san NAME] [--out FILE] [FILE]\n"
	"\n"
	"Makes a request (PKCS#10) for a certificate of the private key in FILE.\n"
	"\n" IN_HELP PASSPHRASE_HELP NAME_HELP SIGN_HELP OUT_HELP "\n"
	"Example:\n"
	"  cygnet pki req --in moon.key --dn \"O=Lab, CN=moon\" --san moon.lab --out moon.req\n";

const char help_pki_self[] =
	"Usage: cygnet pki self --dn NAME [--ca] [OPTIONS] [FILE]\n"
	"\n"
	"Makes a certificate of the private key in FILE, signed by that same key.\n"
	"\n" IN_HELP PASSPHRASE_HELP NAME_HELP ISSUE_HELP SIGN_HELP OUT_HELP "\n"
	"Example: a CA for ten years\n"
	"  cygnet pki self --in ca.key --ca --dn \"O=Lab, CN=ca\" --lifetime 3650 --out ca.crt\n";

const char help_pki_issue[] =
	"Usage: cygnet pki issue --cacert FILE --cakey FILE [OPTIONS] [FILE]\n"
	"\n"
	"Issues a certificate for the request, or the public key, in FILE. Of a request it\n"
	"takes names and key, if its signature is by that key; what the certificate is good\n"
	"for the options alone say. It ends with its CA's at the latest.\n"
	"\n" IN_HELP "      --cacert=FILE        the CA's certificate\n"
	"      --cakey=FILE         its private key\n" PASSPHRASE_HELP NAME_HELP
	"                           (without --dn or --san, those of the request)\n" ISSUE_HELP
		SIGN_HELP OUT_HELP "\n"
	"Example:\n"
	"  cygnet pki issue --in moon.req --cacert ca.crt --cakey ca.key --out moon.crt\n";

const char help_pki_signcrl[] =
	"Usage: cygnet pki signcrl --cacert FILE --cakey FILE [OPTIONS]\n"
	"\n"
	"Makes a list of revoked certificates: those of the lists before, and those that the\n"
	"options name.\n"
	"\n"
	"      --cacert=FILE        the CA's certificate\n"
	"      --cakey=FILE         its private key\n" PASSPHRASE_HELP
	"      --reason=REASON      why what stands behind it is revoked: keyCompromise,\n"
	"                           cACompromise, affiliationChanged, superseded,\n"
	"                           cessationOfOperation, certificateHold,\n"
	"                           privilegeWithdrawn\n"
	"      --cert=FILE          a certificate to be revoked; may be there several times\n"
	"      --serial=HEX         the serial number of one; likewise\n"
	"      --lastcrl=FILE       a list before: its entries are kept, and the number goes\n"
	"                           on; several where deltas came between\n"
	"      --basecrl=FILE       make a delta to that list: what changed since\n"
	"      --lifetime=DAYS      until the next one (15)\n" SIGN_HELP OUT_HELP
	"\n"
	"Example: a certificate is revoked beside those before\n"
	"  cygnet pki signcrl --cacert ca.crt --cakey ca.key --lastcrl ca.crl \\\n"
	"    --reason superseded --cert moon.crt --out ca.crl --force\n";

const char help_pki_print[] =
	"Usage: cygnet [-j] pki print [FILE]\n"
	"\n"
	"Shows certificates, a request, a CRL or a key; of a private one only what is public.\n"
	"`keyid` and `subjkey` are the SHA-1 of the key with and without its algorithm, as\n"
	"strongSwan shows them.\n"
	"\n" IN_HELP PASSPHRASE_HELP "\n"
	"Example: when does it end?\n"
	"  cygnet pki print --json moon.crt | jq -r '.\"not-after\"'\n";

const char help_pki_verify[] =
	"Usage: cygnet pki verify --cacert FILE [--crl FILE] [FILE]\n"
	"\n"
	"Judges a certificate as if a peer had sent it, now: path, times, signatures, use and\n"
	"strength. Further certificates in FILE may lead to a CA. With a CRL the status of\n"
	"each one below the root must be known.\n"
	"\n" IN_HELP
	"      --cacert=FILE        CAs that are trusted; may be there several times\n"
	"      --crl=FILE           a CRL; likewise\n"
	"\n"
	"Exit code: 0 it is good; 1 it is not, and why is said; 2 wrong usage.\n"
	"\n"
	"Example:\n"
	"  cygnet pki verify --in moon.crt --cacert ca.crt --crl ca.crl\n";

const char help_pki_enroll[] =
	"Usage: cygnet pki enroll --cmp URL [--cmd COMMAND] [OPTIONS] --out FILE [FILE]\n"
	"\n"
	"Asks a CA for a certificate by CMP (RFC 4210). FILE has the private key that it is\n"
	"for; with p10cr the request that `cygnet pki req` made. What comes is written only if\n"
	"it is for that key, and until then what is there stays.\n"
	"\n"
	"      --cmd=ir|cr|p10cr|kur|rr\n"
	"                           a first certificate (ir), a further one, one by a\n"
	"                           request, one in place of --cert, or --cert is revoked\n" IN_HELP
		PASSPHRASE_HELP NAME_HELP CMP_HELP
	"      --reason=REASON      with rr, as of `cygnet pki signcrl`\n" OUT_HELP
	"\n"
	"Example: a first one, by a secret that the CA gave out\n"
	"  cygnet pki enroll --cmp http://ca.lab:8080/pkix/ --ref moon --secret-file secret \\\n"
	"    --in moon.key --dn \"O=Lab, CN=moon\" --san moon.lab --out moon.crt\n";

const char help_pki_renew[] =
	"Usage: cygnet pki renew --cmp URL --cert FILE --key FILE --cacert FILE [OPTIONS]\n"
	"\n"
	"Has the certificate renewed (kur) if it ends soon, and puts the new one in its place;\n"
	"else it says until when it is good. For a timer: the exit code is 0 in either case.\n"
	"Tunnels go on; the daemon takes the new one by `cygnet reload`. The unit\n"
	"cygnet-renew@NAME.timer does it once a day.\n"
	"\n"
	"      --within=DAYS        what is soon (30)\n"
	"  -i, --in=FILE            a new key, in place of that in --key\n" PASSPHRASE_HELP
		CMP_HELP
	"      --out=FILE           write it there, not over --cert\n"
	"      --reload             has the daemon take a new one at once, if one runs\n"
	"\n"
	"Example: every day\n"
	"  cygnet pki renew --cmp http://ca.lab:8080/pkix/ --cert moon.crt --key moon.key \\\n"
	"    --cacert ca.crt --within 14d\n";
