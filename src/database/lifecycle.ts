/** Which statuses may directly follow each status of a record; a terminal one is followed by none. */
export type Transitions<Status extends string> = Readonly<Record<Status, readonly Status[]>>

/** The legal transitions of a record's status, and the two questions that are asked of them. */
export interface Lifecycle<Status extends string> {
  readonly transitions: Transitions<Status>
  /** Whether a record may go directly from one status to the other; staying the same is no transition. */
  readonly canBecome: (from: Status, to: Status) => boolean
  /** The statuses from which a record may directly become this one; none when records only begin with it. */
  readonly before: (to: Status) => readonly Status[]
}

/** The lifecycle with these transitions. */
export const lifecycle = <Status extends string>(transitions: Transitions<Status>): Lifecycle<Status> => {
  const canBecome = (from: Status, to: Status): boolean => transitions[from].includes(to)
  const statuses = Object.keys(transitions) as Status[]
  return { transitions, canBecome, before: to => statuses.filter(from => canBecome(from, to)) }
}
