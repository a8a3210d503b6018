/** How much generated data is wanted: `small` for tests and development, `large` for benchmarks. */
export type SeedSize = 'small' | 'large'

/** What one organization is to have. The SQL is the same for all; only these numbers and words differ. */
export interface OrganizationPlan {
  /** Its number, which becomes its id. */
  id: number
  name: string
  /** Where its collaborators' e-mail addresses are. */
  domain: string
  currency: string
  /** The currency of programs that pay for leads: it makes payouts in two currencies. */
  leadCurrency: string
  /** One name for each of the six kinds of program. */
  programNames: readonly string[]
  products: readonly string[]
  collaborators: number
  programs: number
  opportunities: number
  engagements: number
  notes: number
  /** At most so many engagements are proposed per opportunity; of all proposals the number `engagements` is kept. */
  claimsPerOpportunity: number
  /** Of a thousand opportunities that are old enough, so many convert. */
  conversionsPerMille: number
  /** Of a thousand sales under programs that reward renewals, so many renew. */
  renewalsPerMille: number
  /** One in so many opportunities is a sale credited by hand. */
  manualEvery: number
  distributors: number
  /** How many collaborators share in a distributor. */
  members: number
}

/** What a size holds. */
export interface SeedPlan {
  organizations: readonly OrganizationPlan[]
  /** The links of all notes, exactly; without it, as many as there are. */
  noteSources?: number
}

const bookshop = {
  id: 1,
  name: 'Harbour Books',
  domain: 'harbourbooks.example',
  currency: 'USD',
  leadCurrency: 'EUR',
  programNames: [
    'Reader Referrals',
    'Book Club Partners',
    'Author Circle',
    'School Enquiries',
    'Course Creators',
    'Winter Campaign',
  ],
  products: [
    'The Tidal Year',
    'Letters to a Lighthouse',
    'A Field Guide to Fog',
    'The Cartographer’s Kitchen',
    'Harbour Tote Bag',
    'Small Boats, Long Nights',
    'Reading Lamp',
    'The Salt Road',
  ],
} as const

const outfitter = {
  id: 2,
  name: 'Juniper Outdoor',
  domain: 'juniperoutdoor.example',
  currency: 'EUR',
  leadCurrency: 'EUR',
  programNames: ['Trail Partners', 'Guide Rewards', 'Summit Club', 'Group Enquiries', 'Ski School', 'Spring Campaign'],
  products: ['Ridge Tent', 'Trail Stove', 'Merino Base Layer', 'Alpine Pack 40', 'Headlamp', 'Wool Socks'],
  collaborators: 6,
  programs: 2,
  opportunities: 30,
  engagements: 60,
  notes: 258,
  claimsPerOpportunity: 7,
  conversionsPerMille: 450,
  renewalsPerMille: 300,
  manualEvery: 13,
  distributors: 1,
  members: 3,
} as const

/**
 * The sizes. Opportunities, engagements, notes and their links add up over both organizations to the round totals
 * (200, 600, 1,500; 400,000, 1,000,000, 500,000 and 1,500,000 links). Collaborators and programs (25 and 6; 10,000 and
 * 200) are the first organization's; the second has its own few beside them.
 */
export const PLANS: Record<SeedSize, SeedPlan> = {
  small: {
    organizations: [
      {
        ...bookshop,
        collaborators: 25,
        programs: 6,
        opportunities: 170,
        engagements: 540,
        notes: 1242,
        claimsPerOpportunity: 9,
        conversionsPerMille: 450,
        renewalsPerMille: 350,
        manualEvery: 23,
        distributors: 3,
        members: 4,
      },
      outfitter,
    ],
  },
  large: {
    organizations: [
      {
        ...bookshop,
        collaborators: 10_000,
        programs: 200,
        opportunities: 399_970,
        engagements: 999_940,
        notes: 499_742,
        claimsPerOpportunity: 5,
        conversionsPerMille: 60,
        renewalsPerMille: 50,
        manualEvery: 400,
        distributors: 12,
        members: 40,
      },
      outfitter,
    ],
    noteSources: 1_500_000,
  },
}
