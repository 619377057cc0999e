/* origin: does a request that a browser sent with a cookie come from our own pages?  Pure.
 *
 * For every request that changes something and is let in by the cookie, and for POST /session itself (else a stranger's page could sign
 * somebody in as somebody else).  Requests with a bearer token need none of this: no browser adds that by itself. */
#ifndef AUTH_ORIGIN_H
#define AUTH_ORIGIN_H
#include "base/str.h"

struct origin_facts {
    str  method;
    str  origin;            /* header Origin; STR_NONE when absent, as the others */
    str  sec_fetch_site;    /* header Sec-Fetch-Site */
    str  host;              /* header Host */
    str  type;              /* header Content-Type */
    str  base_url;          /* the setting: where people find us; may be empty */
    bool https;             /* it came over TLS, as a trusted proxy said */
};
bool auth_same_origin(const struct origin_facts *);
#endif
