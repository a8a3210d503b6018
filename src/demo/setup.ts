/** Someone who brings customers, by the code of a link; a coupon of theirs has the code with a 10 behind it. */
interface Partner {
  readonly fullName: string
  readonly nickname?: string
  readonly status?: 'inactive' | 'rejected' | 'deleted'
}

/** Those who work with the bookshop from the start. The first is whom the demo's collaborator key stands for. */
const PARTNERS = {
  AMARA: { fullName: 'Amara Okafor' },
  LUCIA: { fullName: 'Lucía Ferrer', nickname: 'The Ferrer List' },
  KENJI: { fullName: 'Kenji Tanaka' },
  PRIYA: { fullName: 'Priya Raghavan', nickname: 'Priya' },
  TOMASZ: { fullName: 'Tomasz Nowak', status: 'inactive' },
  AISHA: { fullName: 'Aisha Rahmani' },
  MATEO: { fullName: 'Mateo Ibarra', nickname: 'Mateo Recommends' },
  INGRID: { fullName: 'Ingrid Solberg' },
  KWAME: { fullName: 'Kwame Mensah' },
  MEI: { fullName: 'Mei Lin', nickname: 'Margins & Marginalia' },
  CALLUM: { fullName: 'Callum Fraser' },
  FATIMA: { fullName: 'Fatima Benali', nickname: 'The Benali Book Club' },
  RAFAEL: { fullName: 'Rafael Duarte' },
  NOOR: { fullName: 'Noor Haddad' },
  SVEN: { fullName: 'Sven Lindqvist' },
  THANDIWE: { fullName: 'Thandiwe Dlamini', nickname: 'Thandiwe Reads' },
  ELIF: { fullName: 'Elif Yildiz', status: 'rejected' },
  HUGO: { fullName: 'Hugo Moreau' },
  ANJALI: { fullName: 'Anjali Deshmukh' },
  DMITRI: { fullName: 'Dmitri Volkov', status: 'deleted' },
  LEILANI: { fullName: 'Leilani Kahale' },
} as const satisfies Record<string, Partner>

/** The code of a partner's link. */
export type Code = keyof typeof PARTNERS

const codes = Object.keys(PARTNERS) as Code[]

/** An e-mail address of the demo, from a name. */
export const addressOf = (fullName: string): string =>
  `${fullName.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(' ', '.')}@harbourbooks.example`

const addresses = (...members: Code[]): string[] => members.map(code => addressOf(PARTNERS[code].fullName))

/** The name by which the demo's organization is known again. */
export const ORGANIZATION = 'Harbour Books'

/** A bookshop that sells over the internet: its set-up, as `applySetup` takes it. */
export const SETUP = {
  organization: { name: ORGANIZATION },
  integrations: [
    { source: 'woocommerce', supportsCoupons: true },
    { source: 'stripe', supportsCoupons: false },
    { source: 'shopify', supportsCoupons: true, status: 'inactive' },
  ],
  collaborators: codes.map(code => {
    const partner: Partner = PARTNERS[code]
    return { ...partner, email: addressOf(partner.fullName), tracking: [code] }
  }),
  groups: [
    {
      name: 'Sales partners',
      description: 'Of these programs, the one with the newest binding is credited with a sale.',
      sorter: 'newestBindingWins',
    },
  ],
  programs: [
    {
      name: 'Reader Referrals',
      description: 'A share of every order of a reader whom a partner brings, and of the renewals that follow.',
      incentiveType: 'saleTransactionPercentage',
      transactionPercent: 7.5,
      incentiveResolverType: 'newestBindingWins',
      activeConversionTypes: ['sale', 'renewal'],
      autoApprove: true,
      expirationDays: 60,
      engagementTypes: { referredSiteVisit: 100, boundCouponUsed: 150, manual: 100 },
      collaborators: [
        ...addresses('AMARA', 'LUCIA', 'KENJI', 'PRIYA', 'AISHA', 'MATEO'),
        ...addresses('KWAME', 'MEI', 'CALLUM', 'SVEN', 'HUGO', 'LEILANI'),
      ],
    },
    {
      name: 'Book Club Partners',
      description: 'A tenth of the order goes to the club that did most for it.',
      group: 'Sales partners',
      incentiveType: 'saleTransactionPercentage',
      transactionPercent: 10,
      incentiveResolverType: 'topScoreWins',
      expirationDays: 60,
      engagementTypes: { referredSiteVisit: 100, boundPostUsed: 50 },
      collaborators: addresses('AMARA', 'LUCIA', 'INGRID', 'CALLUM', 'FATIMA', 'THANDIWE'),
    },
    {
      name: 'Author Circle',
      description: 'The same reward for every order, to the author who was there first.',
      group: 'Sales partners',
      incentiveType: 'fixedPerTransaction',
      payoutPerTransaction: 5,
      incentiveResolverType: 'oldestBindingWins',
      activeConversionTypes: ['sale', 'renewal'],
      expirationDays: 60,
      engagementTypes: { referredSiteVisit: 80, boundCouponUsed: 200, manual: 300 },
      collaborators: addresses('LUCIA', 'KENJI', 'INGRID', 'RAFAEL', 'NOOR', 'ANJALI'),
    },
    {
      name: 'School Enquiries',
      description: 'A reward for every school that asks for an offer, divided by what each partner did.',
      units: 'EUR',
      incentiveType: 'fixedPerLead',
      payoutPerLead: 10,
      incentiveResolverType: 'performanceWeightedPool',
      autoApprove: true,
      leadRequalificationDays: 90,
      engagementTypes: { referredSiteVisit: 50, formSubmitted: 100 },
      collaborators: addresses('PRIYA', 'MATEO', 'FATIMA', 'NOOR', 'HUGO'),
    },
    {
      name: 'Course Creators',
      description: 'A reward for every item that a course sells, divided evenly among its teachers.',
      incentiveType: 'fixedPerProduct',
      payoutPerProduct: 1.5,
      incentiveResolverType: 'evenlySharedPool',
      engagementTypes: { courseCompleted: 100, lessonCompleted: 25 },
      collaborators: addresses('MEI', 'ANJALI', 'HUGO', 'AMARA'),
    },
    {
      name: 'Winter Campaign',
      description: 'A share of what is ordered within a month, divided evenly among all who led there.',
      incentiveType: 'saleTransactionPercentage',
      transactionPercent: 4,
      incentiveResolverType: 'evenlySharedPool',
      expirationDays: 30,
      engagementTypes: { referredSiteVisit: 100 },
      collaborators: addresses('AMARA', 'KENJI', 'TOMASZ', 'AISHA', 'KWAME', 'SVEN'),
    },
  ],
  coupons: [
    ...(['AMARA', 'LUCIA', 'KENJI', 'MATEO', 'KWAME', 'NOOR'] as const).map(code => {
      return { code: `${code}10`, collaborator: addressOf(PARTNERS[code].fullName) }
    }),
    { code: 'WELCOME10', collaborator: addressOf(PARTNERS.LUCIA.fullName) },
  ],
  distributors: [
    {
      name: 'Neighbourhood Fund',
      description: 'One per cent of the revenue for those who read to others, the same for each.',
      schedule: 'quarterly',
      revenuePercentage: 1,
      distributionResolver: 'evenlySharedPool',
      collaborators: addresses('AMARA', 'INGRID', 'THANDIWE', 'LEILANI'),
    },
    {
      name: 'Storytellers’ Bonus',
      description: 'Two per cent of the revenue, by what each one’s conversions scored.',
      schedule: 'quarterly',
      revenuePercentage: 2,
      distributionResolver: 'performanceWeightedPool',
      collaborators: addresses('AMARA', 'LUCIA', 'KENJI', 'MATEO'),
    },
    {
      name: 'Summer Fund',
      description: 'Not decided yet.',
      status: 'inactive',
      schedule: 'yearly',
      revenuePercentage: 0.5,
      collaborators: addresses('KWAME'),
    },
  ],
}
