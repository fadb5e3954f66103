//! What monitoring sums up and sorts: connections in an order, totals, look-ups.

use super::harness::World;
use crate::{Config, ConnectionOrder, ConnectionQuery, FoundConnections, SubscriptionQuery};

fn find(world: &World, order: ConnectionOrder, limit: usize) -> FoundConnections {
    world.broker.find_connections(&ConnectionQuery {
        order,
        account: None,
        user: None,
        limit,
        now_ns: 1_000_000_000_000,
    })
}

#[test]
fn connections_are_found_in_order_and_described_later() {
    let mut world = World::new(2);
    let clients: Vec<usize> = (0..3).map(|i| world.quiet_client(i % 2)).collect();
    world.say(clients[0], "SUB a 1\r\nPUB a 1\r\nx\r\n");
    world.say(
        clients[1],
        "SUB b 1\r\nSUB c 2\r\nSUB d 3\r\nPUB a 5\r\nhello\r\nPUB a 1\r\ny\r\nPUB n 1\r\nz\r\n",
    );
    world.say(
        clients[2],
        "SUB e 1\r\nSUB f 2\r\nPUB b 30\r\n012345678901234567890123456789\r\nPUB n 1\r\nz\r\n",
    );
    world.rest();
    let cid = |i: usize| world.clients[clients[i]].cid;
    let order = |order, limit| find(&world, order, limit).cids;
    assert_eq!(order(ConnectionOrder::Cid, 9), [cid(0), cid(1), cid(2)]);
    assert_eq!(order(ConnectionOrder::Subscriptions, 9), [cid(1), cid(2), cid(0)]);
    assert_eq!(order(ConnectionOrder::InMsgs, 9), [cid(1), cid(2), cid(0)]);
    assert_eq!(order(ConnectionOrder::InBytes, 9), [cid(2), cid(1), cid(0)]);
    assert_eq!(order(ConnectionOrder::OutMsgs, 9), [cid(0), cid(1), cid(2)]);
    assert_eq!(order(ConnectionOrder::OutBytes, 9), [cid(1), cid(0), cid(2)]);
    assert_eq!(order(ConnectionOrder::Pending, 9), [cid(0), cid(1), cid(2)]);

    let first = find(&world, ConnectionOrder::Subscriptions, 1);
    assert_eq!((first.total, first.matching), (3, 3));
    assert_eq!((&*first.cids, &*first.keys), (&[cid(1)][..], &[-3.0][..]));

    let described = world.broker.describe_connections(&[cid(2), 999, cid(0)]);
    let seen: Vec<_> = described.iter().map(|c| (c.cid, c.subscriptions)).collect();
    assert_eq!(seen, [(cid(2), 2), (cid(0), 1)]);
}

#[test]
fn connections_are_found_by_account_and_user() {
    let mut world = World::new(1);
    world.quiet_client(0);
    let find = |account, user| {
        let found = world.broker.find_connections(&ConnectionQuery {
            order: ConnectionOrder::Cid,
            account,
            user,
            limit: 10,
            now_ns: 0,
        });
        (found.total, found.matching, found.cids.len())
    };
    assert_eq!(find(Some("$G"), None), (1, 1, 1));
    assert_eq!(find(Some("OTHER"), None), (0, 0, 0));
    assert_eq!(find(None, Some("nobody")), (1, 0, 0));
}

#[test]
fn totals_of_open_connections_lose_what_closes_and_the_brokers_do_not() {
    let mut world = World::new(2);
    let (one, two) = (world.quiet_client(0), world.quiet_client(1));
    world.say(one, "SUB a 1\r\n");
    world.say(two, "SUB a 1\r\nSUB b 2\r\nPUB a 4\r\nfour\r\n");
    world.rest();
    let stats = world.broker.stats();
    assert_eq!(
        (stats.in_msgs, stats.in_bytes, stats.out_msgs, stats.out_bytes),
        (1, 4, 2, 8)
    );
    assert_eq!(
        (stats.open.in_msgs, stats.open.out_bytes, stats.open.subscriptions),
        (1, 8, 3)
    );
    world.hang_up(two);
    world.rest();
    let stats = world.broker.stats();
    assert_eq!((stats.in_msgs, stats.out_msgs, stats.out_bytes), (1, 2, 8));
    assert_eq!(
        (stats.open.in_msgs, stats.open.out_bytes, stats.open.subscriptions),
        (0, 4, 1)
    );
}

#[test]
fn lookups_and_cached_results_are_counted() {
    let mut world = World::with(2, Config::default(), None);
    let (one, two) = (world.quiet_client(0), world.quiet_client(1));
    world.say(one, "SUB a 1\r\nSUB a q 2\r\nSUB a q 3\r\nSUB b 4\r\n");
    let stats = |world: &World| world.broker.global.interest_stats();
    assert_eq!(
        (stats(&world).inserts, stats(&world).matches, stats(&world).cached),
        (4, 0, 0)
    );
    // Seen twice, a subject is remembered; the third time it is found.
    for _ in 0..3 {
        world.say(two, "PUB a 1\r\nx\r\nPUB b 1\r\nx\r\n");
    }
    let now = stats(&world);
    assert_eq!((now.matches, now.cache_hits, now.cached), (6, 2, 2));
    // A plain subscription and a group, and one plain subscription.
    assert_eq!((now.fanout, now.fanout_max), (3, 2));
    // Messages on the subject of the one before need no look-up.
    world.say(two, "PUB b 1\r\nx\r\nPUB b 1\r\nx\r\nPUB b 1\r\nx\r\n");
    assert_eq!(stats(&world).matches, now.matches);
    // Another generation: what is remembered is resolved again, not counted twice.
    world.say(one, "UNSUB 3\r\nUNSUB 4\r\n");
    world.say(two, "PUB a 1\r\nx\r\nPUB b 1\r\nx\r\n");
    let now = stats(&world);
    assert_eq!((now.removes, now.cached, now.fanout, now.fanout_max), (2, 2, 2, 2));
    // A loop without connections remembers nothing.
    world.hang_up(two);
    world.rest();
    assert_eq!(
        (stats(&world).cached, stats(&world).fanout, stats(&world).fanout_max),
        (0, 0, 0)
    );
}

#[test]
fn subscriptions_come_in_pages() {
    let mut world = World::new(2);
    let (one, two) = (world.quiet_client(0), world.quiet_client(1));
    let many: String = (0..3000).map(|sid| format!("SUB s.{sid} {sid}\r\n")).collect();
    world.say(one, many);
    world.say(two, "SUB s.* 1\r\nSUB s.7 q 2\r\nSUB t 3\r\n");
    let all = || SubscriptionQuery {
        account: None,
        cids: None,
        subject: None,
        offset: 0,
        limit: 10_000,
    };
    let find = |query: &SubscriptionQuery<'_>| {
        let found = world.broker.find_subscriptions(query);
        let subjects: Vec<String> = found.list.into_iter().map(|s| s.subject).collect();
        (found.matching, subjects)
    };
    let (matching, listed) = find(&all());
    assert_eq!((matching, listed.len()), (3003, 3003));
    let page = find(&SubscriptionQuery {
        offset: 1500,
        limit: 3,
        ..all()
    });
    assert_eq!(page, (3003, listed[1500..1503].to_vec()));
    assert_eq!(find(&SubscriptionQuery { offset: 9999, ..all() }), (3003, vec![]));
    let mut reached = find(&SubscriptionQuery {
        subject: Some("s.7"),
        ..all()
    });
    reached.1.sort();
    assert_eq!(reached, (3, vec!["s.*".to_owned(), "s.7".to_owned(), "s.7".to_owned()]));
    let of_two = Some([world.clients[two].cid].into());
    assert_eq!(find(&SubscriptionQuery { cids: of_two, ..all() }).0, 3);
    assert_eq!(
        find(&SubscriptionQuery {
            account: Some("$G"),
            ..all()
        })
        .0,
        3003
    );
    assert_eq!(
        find(&SubscriptionQuery {
            account: Some("NONE"),
            ..all()
        })
        .0,
        0
    );
}
