/* address: who is at the other end.  IPv4 is kept as IPv4-mapped IPv6, so there is one kind. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H
#include "base/err.h"

#include <sys/socket.h>

struct address { uint8_t ip[16]; };
struct network { struct address base; int bits; };
struct networks { struct network *list; size_t n; };

bool address_parse(str, struct address *);              /* 10.0.0.1 or ::1, nothing else */
enum { ADDRESS_TEXT = 46 };
void address_write(const struct address *, char out[ADDRESS_TEXT]);
bool address_of(const struct sockaddr_storage *, struct address *);
bool address_loopback(const struct address *);
bool networks_parse(struct arena *, const char *, struct networks *, struct err *);    /* "10.0.0.0/8, ::1" */
bool networks_have(const struct networks *, const struct address *);
/* The client behind trusted proxies: the last address of X-Forwarded-For that is not a trusted proxy itself. */
struct address address_behind(const struct networks *, struct address peer, str forwarded_for);
/* Where the same client may come from at will: one IPv4 address, one IPv6 /64. */
uint64_t address_hash(const struct address *);
bool address_same(const struct address *, const struct address *);
/* A listening socket; *port is the one it got. */
int  address_listen(const char *, int *port, struct err *);     /* -1: failed, err is set */
#endif
