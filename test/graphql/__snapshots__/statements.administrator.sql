-- What each list costs, with everything selected.
-- Query.collaborators: 9f754d b37865 d5fb96 144dc6
-- Query.conversions: 6095fb 6095fb 9abd26 124b68 57cb1a c6af76 26ee78 371a20 b14c43
-- Query.distributions: e6d725 3c82da d256d0
-- Query.distributors: 8e030f 9bc4a0
-- Query.engagements: 068ca3 77f3f5 2415af 26ee78 7b101b fcbee1
-- Query.fulfillments: 6f1b31 6b4085
-- Query.notes: 6b21d0 7c3e34 62ebab
-- Query.obligations: 45f2ae 3a7d4e 51769e 193b9a 26ee78
-- Query.opportunities: bfacf5 d21483 d43f08
-- Query.payouts: b4cc07 04ce02 26ee78 628c7d
-- Query.programs: 6bcb95 364a66 264126
-- Query.transactions: 312529 5e6059 7a9241 3eff15 fcbee1
-- Collaborator.allocations of many: f6fcc0 57cb1a 26ee78 d5fb96 0da994 ef37b8
-- Collaborator.conversions of many: 6095fb 6095fb a6e4e8 124b68 57cb1a 26ee78 d5fb96 371a20 b14c43 f4a8bb
-- Collaborator.engagements of many: 929f0a 77f3f5 2415af 26ee78 d5fb96 fcbee1 b02c6a
-- Collaborator.notes of many: 091012 3ba2fb 62ebab 95e470
-- Collaborator.obligations of many: 103ba8 51769e 193b9a 26ee78 d5fb96 b122a5
-- Collaborator.payouts of many: a9a013 26ee78 d5fb96 628c7d f966eb
-- Conversion.notes of many: f13f4f 2ece0f 62ebab e4b8dc
-- Distribution.allocations of many: 42c073 57cb1a 26ee78 0da994 bf8556 f1f6db
-- Distribution.notes of many: 58fb7f d3a1b5 62ebab ac06c3
-- Distributor.distributions of many: 088c76 d256d0 9bc4a0 b786e6
-- Distributor.notes of many: 214c78 4f7392 62ebab 187441
-- Engagement.notes of many: f4f6d6 62ebab 66be1f
-- Fulfillment.notes of many: b75ca8 c5be4b 62ebab 2f85d8
-- Fulfillment.payouts of many: e22bb4 26ee78 628c7d 6b4085 8904b2
-- Obligation.notes of many: aa2c07 94b8a3 62ebab db7087
-- Opportunity.engagements of many: 77f3f5 2415af 26ee78 fcbee1 84697a d48cb9 aa8681
-- Opportunity.notes of many: b47ba5 4b0f30 62ebab 8ff645
-- Opportunity.transactions of many: 5e6059 7a9241 fcbee1 84697a ab2d38 fadf6f
-- Payout.notes of many: 8219b1 ea57be 62ebab fc38c7
-- Payout.obligations of many: 51769e 607a25 193b9a 26ee78 696605 d44ee5
-- Program.engagements of many: 77f3f5 264126 2415af 26ee78 fcbee1 f88166 528585
-- Program.notes of many: ee97d3 8cbdb5 62ebab 24476c
-- Transaction.conversions of many: 6095fb 6095fb 124b68 57cb1a 26ee78 371a20 b14c43 5b44e0 f439c2 7832ab
-- Transaction.notes of many: 616c7a b60ae3 62ebab 06fcef
-- Collaborator.allocations, long: f6fcc0 57cb1a a20a8e 26ee78 0da994 ef37b8
-- Collaborator.conversions, long: 6095fb 6095fb a6e4e8 124b68 57cb1a a20a8e 26ee78 371a20 b14c43 f4a8bb
-- Collaborator.engagements, long: 929f0a 77f3f5 2415af a20a8e 26ee78 fcbee1 b02c6a
-- Collaborator.notes, long: 091012 3ba2fb 62ebab 177dde
-- Collaborator.obligations, long: 103ba8 51769e 193b9a a20a8e 26ee78 b122a5
-- Collaborator.payouts, long: a9a013 a20a8e 26ee78 628c7d f966eb
-- Conversion.notes, long: f13f4f 2ece0f 62ebab b47c85
-- Distribution.allocations, long: 42c073 57cb1a 26ee78 d43662 0da994 f1f6db
-- Distribution.notes, long: 58fb7f d3a1b5 62ebab 2e9a40
-- Distributor.distributions, long: 088c76 4e92ee d256d0 b786e6
-- Distributor.notes, long: 214c78 4f7392 62ebab 447c15
-- Engagement.notes, long: f4f6d6 62ebab e1a99f
-- Fulfillment.notes, long: b75ca8 c5be4b 62ebab ed86f3
-- Fulfillment.payouts, long: e22bb4 26ee78 bcb308 628c7d 8904b2
-- Obligation.notes, long: aa2c07 94b8a3 62ebab b65243
-- Opportunity.engagements, long: 77f3f5 2415af 26ee78 10d91c fcbee1 d48cb9 aa8681
-- Opportunity.notes, long: b47ba5 4b0f30 62ebab 83625c
-- Opportunity.transactions, long: 5e6059 7a9241 10d91c fcbee1 ab2d38 fadf6f
-- Payout.notes, long: 8219b1 ea57be 62ebab de7547
-- Payout.obligations, long: af73f3 51769e 193b9a 26ee78 696605 d44ee5
-- Program.engagements, long: 1bb44c 77f3f5 2415af 26ee78 fcbee1 f88166 528585
-- Program.notes, long: ee97d3 8cbdb5 62ebab 66dadd
-- Transaction.conversions, long: 6095fb 6095fb 124b68 57cb1a 26ee78 371a20 43107b b14c43 f439c2 7832ab
-- Transaction.notes, long: 616c7a b60ae3 62ebab 16c9c7
-- Query.bindings: 6095fb 6095fb 77f3f5 2415af 26ee78 c0ba1a fcbee1
-- Query.opportunity with its engagements: 7faea0 77f3f5 2415af 26ee78 d48cb9
-- Query.nodes: 6095fb 6095fb 77f3f5 2415af 26ee78 371a20 fcbee1

-- 6095fb
select 'collaborator' as type, t.id, case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as name from collaborator t where t.organization_id = $1 and t.id = $2::bigint union all select 'program' as type, t.id, case when t.status = 'deleted' then 'Program #' || t.id else t.name end as name from program t where t.organization_id = $1 and t.id = $3::bigint union all select 'distributor' as type, t.id, case when t.status = 'deleted' then 'Distributor #' || t.id else t.name end as name from distributor t where t.organization_id = $1 and t.id = $4::bigint union all select 'organization' as type, t.id, t.name as name from organization t where t.id = $1 and t.id = $5::bigint union all select 'version', o.names_version, '' from organization o where o.id = $1;

-- 9f754d
select a.id as "id", a.collaborator_id as "collaboratorId", a.type as "type", a.code as "code", a.issued_date as "issuedDate", a.retired_date as "retiredDate" from collaborator_alias a join collaborator t on t.organization_id = a.organization_id and t.id = a.collaborator_id where a.organization_id = $1 and a.collaborator_id = $2::bigint order by a.id;

-- b37865
select count(*) as count from "collaborator" t where t.organization_id = $1;

-- 9abd26
select count(*) as count from "conversion" t where t.organization_id = $1;

-- e6d725
select count(*) as count from "distribution" t where t.organization_id = $1;

-- 8e030f
select count(*) as count from "distributor" t where t.organization_id = $1;

-- 068ca3
select count(*) as count from "engagement" t where t.organization_id = $1;

-- 6f1b31
select count(*) as count from "fulfillment" t where t.organization_id = $1;

-- 45f2ae
select count(*) as count from "obligation" t where t.organization_id = $1;

-- bfacf5
select count(*) as count from "opportunity" t where t.organization_id = $1;

-- b4cc07
select count(*) as count from "payout" t where t.organization_id = $1;

-- 6bcb95
select count(*) as count from "program" t where t.organization_id = $1;

-- 312529
select count(*) as count from "transaction" t where t.organization_id = $1;

-- 6b21d0
select count(*) as count from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator') f;

-- 364a66
select e.program_id as "programId", e.type, e.value from program_engagement_type e join program t on t.organization_id = e.organization_id and t.id = e.program_id where e.organization_id = $1 and e.program_id = $2::bigint order by e.type;

-- b47ba5
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'opportunity' and s.source_id = any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = k.key::bigint) || k.key::bigint) order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 091012
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- f13f4f
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'conversion' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 58fb7f
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distribution' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 214c78
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distributor' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- b75ca8
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'fulfillment' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- aa2c07
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'obligation' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 8219b1
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'payout' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- ee97d3
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'program' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 616c7a
select f.partition, n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select k.key as partition, f.* from unnest((select $2::bigint[])) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'transaction' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 4b0f30
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'opportunity' and s.source_id = any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = k.key::bigint) || k.key::bigint)) f) f;

-- 3ba2fb
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = k.key::bigint) f) f;

-- 2ece0f
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'conversion' and s.source_id = k.key::bigint) f) f;

-- d3a1b5
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distribution' and s.source_id = k.key::bigint) f) f;

-- 4f7392
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distributor' and s.source_id = k.key::bigint) f) f;

-- f4f6d6
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = k.key::bigint) f) f;

-- c5be4b
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'fulfillment' and s.source_id = k.key::bigint) f) f;

-- 94b8a3
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'obligation' and s.source_id = k.key::bigint) f) f;

-- ea57be
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'payout' and s.source_id = k.key::bigint) f) f;

-- 8cbdb5
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'program' and s.source_id = k.key::bigint) f) f;

-- b60ae3
select k.key as id, f.count from unnest((select $2::bigint[])) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'transaction' and s.source_id = k.key::bigint) f) f;

-- 5e6059
select l.id as "id", l.transaction_id as "transactionId", l.external_id as "externalId", l.name as "name", l.description as "description", l.type as "type", l.value as "value", l.quantity as "quantity", l.returned as "returned", l.total as "total", l.units as "units", l.attributes as "attributes" from line_item l where l.organization_id = $1 and l.transaction_id = $2::bigint order by l.id;

-- 7c3e34
select n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' order by date_created asc, note_id asc limit n) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.date_created asc, f.note_id asc;

-- 62ebab
select n.id, n.position::bigint, n.missed::bigint from (select p.note_id as id, p.start + sum(c.links) over feed as position, sum(c.missed) over feed as missed from (select l.note_id, l.date_created, coalesce(m.position, 0) as start, lag(l.date_created, 1, coalesce(m.date_created, '-infinity')) over feed as previous_date_created, lag(l.note_id, 1, coalesce(m.note_id, 0)) over feed as previous_note_id from note n cross join lateral (select l.* from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = (select $3::bigint)::bigint) l where (l.date_created, l.note_id) = (n.date_created, n.id) limit n) l left join lateral (select m.date_created, m.note_id, m.position from feed_milestone m where m.organization_id = $1 and m.source_type = 'collaborator' and m.source_id = (select $3::bigint) and (m.date_created, m.note_id) <= (l.date_created, l.note_id) order by m.date_created desc, m.note_id desc limit n) m on true where n.organization_id = $1 and n.id = any((select $2::bigint[])::bigint[]) window feed as (partition by m.position order by l.date_created, l.note_id)) p cross join lateral (select count(*) as links, count(*) filter (where f.date_created < (select now() - interval '1 hour')) as missed from (select * from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = (select $3::bigint)::bigint) f where (f.date_created, f.note_id) < (p.date_created, p.note_id) and (f.date_created, f.note_id) >= (p.previous_date_created, p.previous_note_id) order by f.date_created, f.note_id limit (select null::bigint)) f) c window feed as (partition by p.start order by p.date_created, p.note_id)) n;

-- 7faea0
select o.id as "owner.id", o.status as "owner.status", o.user_id as "owner.userId", o.date_created as "owner.dateCreated", o.date_modified as "owner.dateModified", t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint) o left join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = o.id order by t.id desc limit n) t on true order by o.id, t.id desc;

-- f6fcc0
select t.collaborator_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- a6e4e8
select t.collaborator_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 929f0a
select t.collaborator_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 103ba8
select t.collaborator_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- a9a013
select t.collaborator_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 42c073
select t.distribution_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.distribution_id = $2::bigint group by t.distribution_id;

-- 088c76
select t.distributor_id as partition, count(*) as count from "distribution" t where t.organization_id = $1 and t.distributor_id = $2::bigint group by t.distributor_id;

-- e22bb4
select t.fulfillment_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.fulfillment_id = $2::bigint group by t.fulfillment_id;

-- 177dde
select t.id as "id" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 95e470
select t.id as "id" from (select t.* from "collaborator" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- b47c85
select t.id as "id" from (select t.* from "conversion" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- e4b8dc
select t.id as "id" from (select t.* from "conversion" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 2e9a40
select t.id as "id" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- ac06c3
select t.id as "id" from (select t.* from "distribution" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 447c15
select t.id as "id" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 187441
select t.id as "id" from (select t.* from "distributor" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- ed86f3
select t.id as "id" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 2f85d8
select t.id as "id" from (select t.* from "fulfillment" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- b65243
select t.id as "id" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- db7087
select t.id as "id" from (select t.* from "obligation" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 83625c
select t.id as "id" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 8ff645
select t.id as "id" from (select t.* from "opportunity" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- de7547
select t.id as "id" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- fc38c7
select t.id as "id" from (select t.* from "payout" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 66dadd
select t.id as "id" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 24476c
select t.id as "id" from (select t.* from "program" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 16c9c7
select t.id as "id" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 06fcef
select t.id as "id" from (select t.* from "transaction" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- e1a99f
select t.id as "id", (select json_agg(f) from (select n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = t.id::bigint order by date_created asc, note_id asc limit n) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.date_created asc, f.note_id asc) f) as feed from (select t.* from "engagement" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 66be1f
select t.id as "id", (select json_agg(f) from (select n.id, n.content, n.date_created as "dateCreated", n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources, (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = t.id::bigint order by date_created asc, note_id asc limit n) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.date_created asc, f.note_id asc) f) as feed from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 124b68
select t.id as "id", t.collaborator_id as "collaboratorId", t.conversion_id as "conversionId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.conversion_id = $2::bigint) t;

-- 57cb1a
select t.id as "id", t.collaborator_id as "collaboratorId", t.conversion_id as "conversionId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 3a7d4e
select t.id as "id", t.collaborator_id as "collaboratorId", t.conversion_id as "conversionId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 04ce02
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- af73f3
select t.id as "id", t.collaborator_id as "collaboratorId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 51769e
select t.id as "id", t.collaborator_id as "collaboratorId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 607a25
select t.id as "id", t.collaborator_id as "collaboratorId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 1bb44c
select t.id as "id", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Program #' || t.id else t.name end as "displayName" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 77f3f5
select t.id as "id", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Program #' || t.id else t.name end as "displayName" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 264126
select t.id as "id", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Program #' || t.id else t.name end as "displayName" from (select t.* from "program" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 3c82da
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 2415af
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.engagement_id = $2::bigint) t;

-- 193b9a
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- c6af76
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- a20a8e
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as "displayName" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 26ee78
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as "displayName" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- d5fb96
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as "displayName" from (select t.* from "collaborator" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 144dc6
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", case when t.status = 'deleted' then 'Program #' || t.id else t.name end as "displayName", n.collaborator_id as "collaboratorId" from enrollment n join program t on t.organization_id = n.organization_id and t.id = n.program_id where n.organization_id = $1 and n.collaborator_id = $2::bigint order by t.id;

-- 4e92ee
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- d256d0
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 9bc4a0
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 7a9241
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 3eff15
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 371a20
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- c0ba1a
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = $2::bigint and t.program_id = $3::bigint and t.status = 'active' order by t.date_created asc, t.id asc limit n) t order by t.date_created asc, t.id asc;

-- 7b101b
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- bcb308
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 628c7d
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 6b4085
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 43107b
select t.id as "id", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- b14c43
select t.id as "id", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 5b44e0
select t.id as "id", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 10d91c
select t.id as "id", t.status as "status", t.user_id as "userId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- fcbee1
select t.id as "id", t.status as "status", t.user_id as "userId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 84697a
select t.id as "id", t.status as "status", t.user_id as "userId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- d21483
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- d43f08
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- d43662
select t.id as "id", t.status as "status", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 0da994
select t.id as "id", t.status as "status", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- bf8556
select t.id as "id", t.status as "status", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- d48cb9
select t.opportunity_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.opportunity_id = $2::bigint group by t.opportunity_id;

-- ab2d38
select t.opportunity_id as partition, count(*) as count from "transaction" t where t.organization_id = $1 and t.opportunity_id = $2::bigint group by t.opportunity_id;

-- b122a5
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.conversion_id as "conversionId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "obligation" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 696605
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.conversion_id as "conversionId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "obligation" t where t.organization_id = $1 and t.payout_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- f966eb
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "payout" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 8904b2
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "payout" t where t.organization_id = $1 and t.fulfillment_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- ef37b8
select t.partition, t.id as "id", t.distribution_id as "distributionId", t.collaborator_id as "collaboratorId", t.obligation_id as "obligationId", t.status as "status", t.value as "value", t.currency as "currency" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "allocation" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- f1f6db
select t.partition, t.id as "id", t.distribution_id as "distributionId", t.collaborator_id as "collaboratorId", t.obligation_id as "obligationId", t.status as "status", t.value as "value", t.currency as "currency" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "allocation" t where t.organization_id = $1 and t.distribution_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- b786e6
select t.partition, t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "distribution" t where t.organization_id = $1 and t.distributor_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- f4a8bb
select t.partition, t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "conversion" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- f439c2
select t.partition, t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "conversion" t where t.organization_id = $1 and t.transaction_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- fadf6f
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.refunded_value as "refundedValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "transaction" t where t.organization_id = $1 and t.opportunity_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- b02c6a
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- aa8681
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- f88166
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", (select o.names_version from organization o where o.id = $1) as "namesVersion" from (select t.*, k.key as partition from unnest((select $2::bigint[])) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.program_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- d44ee5
select t.payout_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.payout_id = $2::bigint group by t.payout_id;

-- 528585
select t.program_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.program_id = $2::bigint group by t.program_id;

-- 7832ab
select t.transaction_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.transaction_id = $2::bigint group by t.transaction_id;
