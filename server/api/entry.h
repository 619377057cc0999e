/* entry: how requests say who they are, between http and auth. */
#ifndef API_ENTRY_H
#define API_ENTRY_H
#include "api/api.h"

void call_token(struct call *);                      /* from Authorization or the cookie */
bool call_resolve(struct call *, int64_t *user);     /* 0: nobody */
bool call_same_origin(const struct call *);
void call_cookie(struct call *);                     /* writes the cookie that sign-in or -out asked for */
void call_touch(struct call *);                         /* lets a session that is used slide on; after the work's transaction */
#endif
